import type { FieldAnswer, RecordAnswer } from '@kantos/model'
import { IconCheck, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { optionsOf } from '../lib/fields.ts'
import { useObject } from '../lib/objects.ts'
import { useReferenced, useRelated } from '../lib/record-loader.ts'
import { recordTitle } from '../lib/record-title.ts'
import { dateTime, dayWords } from '../lib/time.ts'
import { useUsers } from '../lib/users.ts'
import { strings } from '../strings/common.ts'
import { OptionDot } from './values/option-dot.tsx'
import classes from './field-value.module.css'

interface FieldValueProps {
  field: Pick<FieldAnswer, 'type' | 'options'>
  value: unknown
  /** references, addresses and URLs become links */
  links?: boolean
}

const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 6 })
const money = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  trailingZeroDisplay: 'stripIfInteger',
})
const RECORD_ID = /^rec_[0-9a-f]{32}$/

/** A field's value as its type is read; nothing for an empty one. */
export function FieldValue({ field, value, links = true }: FieldValueProps) {
  if (value === null || value === undefined || value === '') return null
  switch (field.type) {
    case 'number':
      return <span className="numbers">{typeof value === 'number' ? decimal.format(value) : String(value)}</span>
    case 'currency':
      return <span className="numbers">{typeof value === 'number' ? money.format(value) : String(value)}</span>
    case 'boolean':
      return value === true ? (
        <IconCheck size={16} className={classes.icon} color="var(--k-good)" role="img" aria-label={strings.yes} />
      ) : (
        <IconX size={16} className={classes.icon} color="var(--k-dimmed)" role="img" aria-label={strings.no} />
      )
    case 'date':
      return <span className="numbers">{dayWords(String(value))}</span>
    case 'datetime':
      return (
        <time className="numbers" dateTime={String(value)}>
          {dateTime(String(value))}
        </time>
      )
    case 'status':
    case 'dropdown':
      return <Option field={field} name={String(value)} />
    case 'multi_select':
      return (
        <span className={classes.list}>
          {(Array.isArray(value) ? value : [value]).map((name) => (
            <Option key={String(name)} field={field} name={String(name)} />
          ))}
        </span>
      )
    case 'reference':
      return <Reference object={field.options?.object} id={String(value)} links={links} />
    case 'user':
      return <UserName id={String(value)} />
    case 'email':
      return links ? (
        <a href={`mailto:${String(value)}`} className="plain">
          {String(value)}
        </a>
      ) : (
        <>{String(value)}</>
      )
    case 'phone':
      return links ? (
        <a href={`tel:${String(value)}`} className="plain">
          {String(value)}
        </a>
      ) : (
        <>{String(value)}</>
      )
    case 'url':
      return links && /^https?:\/\//i.test(String(value)) ? (
        <a href={String(value)} target="_blank" rel="noopener noreferrer" className="plain">
          {String(value).replace(/^https?:\/\//i, '')}
        </a>
      ) : (
        <>{String(value).replace(/^https?:\/\//i, '')}</>
      )
    default:
      if (typeof value === 'string' && RECORD_ID.test(value)) return <RelatedRecord id={value} links={links} />
      return <>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</>
  }
}

function Option({ field, name }: { field: FieldValueProps['field']; name: string }) {
  const option = optionsOf(field).find((one) => one.name === name)
  return (
    <span className={classes.option}>
      <OptionDot color={option?.color} />
      <span className="truncate">{name}</span>
    </span>
  )
}

function Reference({ object, id, links }: { object: string | undefined; id: string; links: boolean }) {
  return <RecordName record={useReferenced(object, id)} id={id} links={links} />
}

/** A record whose id stands in a text. */
function RelatedRecord({ id, links }: { id: string; links: boolean }) {
  return <RecordName record={useRelated(id)} id={id} links={links} />
}

interface RecordNameProps {
  /** undefined: it is being read; null: it is gone */
  record: RecordAnswer | null | undefined
  id: string
  links: boolean
}

function RecordName({ record, id, links }: RecordNameProps) {
  const definition = useObject(record?.object_id)
  if (record === undefined) return <span className={classes.dimmed}>…</span>
  if (record === null) return <span className={classes.dimmed}>{strings.missing}</span>
  const title = recordTitle(record, definition)
  if (!links) return <>{title}</>
  return (
    <Link to="/records/$recordId" params={{ recordId: id }} className="plain">
      {title}
    </Link>
  )
}

function UserName({ id }: { id: string }) {
  const users = useUsers()
  if (users.length === 0) return <span className={classes.dimmed}>…</span>
  const user = users.find((one) => one.id === id)
  return user === undefined ? <span className={classes.dimmed}>{strings.formerUserAlone}</span> : <>{user.name}</>
}
