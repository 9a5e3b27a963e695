import type { FieldType, ObjectAnswer } from '@kantos/model'
import { useUsers } from '../../lib/users.ts'
import { strings as common } from '../../strings/common.ts'
import { strings } from '../../strings/runs.ts'
import { FieldValue } from '../field-value.tsx'
import { fieldWords } from '../flow/words.ts'
import { optionsOf } from '../../lib/fields.ts'
import { OptionDot } from '../values/option-dot.tsx'
import classes from './run.module.css'

/** Types whose stored form isn't how they are read. */
const READ: ReadonlySet<FieldType> = new Set<FieldType>(['number', 'currency', 'date', 'datetime', 'reference'])

interface ChangesTableProps {
  changes: Readonly<Record<string, { before: unknown; after: unknown }>>
  object: ObjectAnswer | undefined
  /** of a record that wasn't there before */
  isNew?: boolean
}

/** Each changed field, before and after; of a new record what it holds. */
export function ChangesTable({ changes, object, isNew = false }: ChangesTableProps) {
  return (
    <table className={classes['changes']}>
      <thead>
        <tr>
          <th scope="col">{strings.changes.field}</th>
          {isNew ? null : <th scope="col">{strings.changes.before}</th>}
          <th scope="col">{isNew ? strings.changes.value : strings.changes.after}</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(changes).map(([slug, { before, after }]) => (
          <tr key={slug}>
            <th scope="row">{fieldWords(slug, object)}</th>
            {isNew ? null : (
              <td>
                <Shown slug={slug} object={object} value={before} />
              </td>
            )}
            <td>
              <Shown slug={slug} object={object} value={after} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Shown({ slug, object, value }: { slug: string; object: ObjectAnswer | undefined; value: unknown }) {
  const users = useUsers()
  const field = object?.fields.find((one) => one.slug === slug)
  if (value === null || value === undefined || value === '')
    return <span className={classes['nothing']}>{common.empty}</span>
  if (field?.type === 'user') return <>{users.find(({ id }) => id === value)?.name ?? String(value)}</>
  if (field !== undefined && READ.has(field.type)) return <FieldValue field={field} value={value} />
  const option = optionsOf(field).find(({ name }) => name === value)
  if (option !== undefined) {
    return (
      <span className={classes['option']}>
        <OptionDot color={option.color} /> {option.name}
      </span>
    )
  }
  return (
    <>{typeof value === 'object' ? (Array.isArray(value) ? value.join(', ') : JSON.stringify(value)) : String(value)}</>
  )
}
