import { Button } from '@mantine/core'
import type { EventVerdict, FieldAnswer, RecordEvent } from '@kantos/model'
import { IconArrowRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { FieldValue } from '../../components/field-value.tsx'
import { StatusDot, type Tone } from '../../components/status-dot.tsx'
import { Time } from '../../components/time.tsx'
import { capital, useObject } from '../../lib/objects.ts'
import { RUN_STATUS_WORDS } from '../../lib/run-status.ts'
import { actorWords, useUsers } from '../../lib/users.ts'
import { recordStrings } from '../../strings/records.ts'
import classes from './record-page.module.css'

const words = recordStrings.history
const TONES: Record<EventVerdict['verdict'], Tone> = {
  ran: 'good',
  skipped: 'idle',
  blocked: 'bad',
  not_matched: 'idle',
  inactive: 'idle',
  pending: 'info',
  expired: 'idle',
}
const PLAIN = { type: 'text', options: null } as const

/** One event of a record: who changed what, and what each automation made of it. */
export function HistoryEvent({ event }: { event: RecordEvent }) {
  const object = useObject(event.object_id)
  const users = useUsers()
  const [all, setAll] = useState(false)
  const fields = new Map(object?.fields.map((field) => [field.slug, field]))
  const main = event.automations.filter(({ verdict }) => verdict !== 'not_matched' && verdict !== 'inactive')
  const others = event.automations.length - main.length
  const shown = all ? event.automations : main
  return (
    <li className={classes.event}>
      <div className={classes.eventHead}>
        <span>
          <Actor event={event} name={event.actor_name ?? capital(actorWords(event.actor, users))} />
        </span>
        <span className={classes.why}>
          <Time iso={event.at} />
        </span>
      </div>
      {event.changes !== null && Object.keys(event.changes).length > 0 && (
        <dl className={classes.changes}>
          {Object.entries(event.changes).map(([slug, { from, to }]) => (
            <Change
              key={slug}
              name={fields.get(slug)?.name ?? slug}
              field={fields.get(slug)}
              from={from}
              to={to}
              created={event.type === 'record.created'}
            />
          ))}
        </dl>
      )}
      {(shown.length > 0 || others > 0) && (
        <ul className={classes.verdicts}>
          {shown.map((verdict) => (
            <Verdict key={`${verdict.automation_id} ${verdict.run_id ?? ''}`} verdict={verdict} />
          ))}
          {others > 0 && (
            <li>
              <Button variant="subtle" color="gray" size="compact-xs" onClick={() => setAll(!all)}>
                {all ? words.fewer : words.others(others)}
              </Button>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}

/** Sources that the actor already says. */
const SAID: ReadonlySet<RecordEvent['source']> = new Set(['automation', 'schedule', 'manual', 'webhook'])

function Actor({ event, name }: { event: RecordEvent; name: string }) {
  const { actor, type, source } = event
  const how = SAID.has(source) ? '' : ` ${words.sources[source]}`
  if (actor === null) return <>{`${words.theRecord} ${words.types[type]} ${words.sources[source]}`}</>
  return (
    <>
      {actor.startsWith('run_') ? (
        <Link to="/runs/$runId" params={{ runId: actor }}>
          {event.actor_name === null ? name : words.quoted(name)}
        </Link>
      ) : (
        <strong>{name}</strong>
      )}
      {` ${words.deeds[type]}${how}`}
    </>
  )
}

interface ChangeProps {
  name: string
  field: FieldAnswer | undefined
  from: unknown
  to: unknown
  created: boolean
}

function Change({ name, field, from, to, created }: ChangeProps) {
  const value = (one: unknown) =>
    one === null || one === undefined || one === '' ? (
      <span className={classes.why}>{words.empties}</span>
    ) : (
      <FieldValue field={field ?? PLAIN} value={one} />
    )
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {!created && (
          <>
            {value(from)}
            <IconArrowRight size={14} color="var(--k-dimmed)" role="img" aria-label="to" style={{ marginTop: 3 }} />
          </>
        )}
        {value(to)}
      </dd>
    </>
  )
}

function Verdict({ verdict }: { verdict: EventVerdict }) {
  const { automation_id: id, name, verdict: said, why, run_id: run, run_status: status } = verdict
  const look = status === undefined ? { tone: TONES[said], label: words.verdicts[said] } : RUN_STATUS_WORDS[status]
  return (
    <li className={classes.verdict}>
      {run === undefined ? (
        <StatusDot tone={look.tone}>{look.label}</StatusDot>
      ) : (
        <Link to="/runs/$runId" params={{ runId: run }} className="plain">
          <StatusDot tone={look.tone}>{look.label}</StatusDot>
        </Link>
      )}
      <span>
        <Link to="/automations/$automationId" params={{ automationId: id }} className="plain">
          {name}
        </Link>{' '}
        <span className={classes.why}>{why}</span>
      </span>
    </li>
  )
}
