import type { ObjectAnswer, RecordAnswer, Step } from '@kantos/model'
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { capital, findObject, singular } from '../../lib/objects.ts'
import { useReferenced, useRelated } from '../../lib/record-loader.ts'
import { recordTitle } from '../../lib/record-title.ts'
import { dateTime, duration } from '../../lib/time.ts'
import { strings } from '../../strings/runs.ts'
import { actionWords } from '../flow/words.ts'
import { ChangesTable } from './changes-table.tsx'
import { EmailView } from './email-view.tsx'
import { ErrorWords } from './error-words.tsx'
import { Json } from './json.tsx'
import { RuleVerdicts } from './rule-verdicts.tsx'
import { RequestView } from './request-view.tsx'
import classes from './run.module.css'

interface StepDetailProps {
  step: Step
  /** of the triggering record */
  object: ObjectAnswer | undefined
  objects: readonly ObjectAnswer[]
  /** false for a dry run, whose records don't exist */
  isReal?: boolean
}

interface JudgedWay {
  arm: number
  match?: 'all' | 'any'
  rules: Parameters<typeof RuleVerdicts>[0]['rules']
}

type Data = Record<string, unknown>
type Changes = Parameters<typeof ChangesTable>[0]['changes']
const asData = (value: unknown): Data | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : null

/** What a step did: its e-mail, request or record change as it looks, its error in words, its attempts. */
export function StepDetail({ step, object, objects, isReal = true }: StepDetailProps) {
  return (
    <div className={classes['step']}>
      {step.error === undefined ? null : <ErrorWords error={step.error} />}
      {step.resume_at === undefined ? null : (
        <Text size="sm">
          {step.status === 'retrying' ? strings.page.nextAttempt : strings.page.resumeAt}: {dateTime(step.resume_at)}
        </Text>
      )}
      <Effect step={step} object={object} objects={objects} isReal={isReal} />
      {step.notes === undefined || step.notes.length === 0 ? null : (
        <div>
          <p className={classes['small']}>{strings.page.notes}</p>
          <ul className={classes['notes']}>
            {step.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </div>
      )}
      {step.attempts.length > 1 || (step.attempts.length === 1 && step.status === 'retrying') ? (
        <Attempts step={step} />
      ) : null}
    </div>
  )
}

function Effect({ step, object, objects, isReal }: StepDetailProps) {
  const input = asData(step.input)
  const output = asData(step.output)
  if (step.type === 'send_email' && input !== null && input['truncated'] !== true) return <EmailView email={input} />
  if (step.type === 'webhook' && input !== null && input['truncated'] !== true)
    return <RequestView request={input} answer={output} />
  const changes = asData(output?.['changes'])
  if (changes !== null && output !== null) {
    const id = String(output['id'] ?? input?.['record_id'] ?? '')
    if (step.type !== 'create_record' && id.startsWith('rec_'))
      return <Changed id={id} changes={changes as Changes} object={object} objects={objects} />
    const made = findObject(objects, String(input?.['object'] ?? input?.['object_definition_id'] ?? ''))
    return (
      <>
        <ChangesTable changes={changes as Changes} object={made} isNew={step.type === 'create_record'} />
        {isReal === true && id.startsWith('rec_') ? <RecordLink id={id} object={made} /> : null}
      </>
    )
  }
  if (step.type === 'find_records' && typeof output?.['count'] === 'number') {
    return (
      <>
        <Text size="sm">{strings.found(output['count'])}</Text>
        <Parts step={step} />
      </>
    )
  }
  const data = asData(input?.['data'])
  if (step.type === 'create_record' && data !== null && step.status === 'succeeded') {
    const made = findObject(objects, String(input?.['object_definition_id'] ?? ''))
    const values = Object.fromEntries(
      Object.keys(data).map((slug) => [slug, { before: null, after: output?.[slug] ?? data[slug] }]),
    )
    const id = String(output?.['id'] ?? '')
    return (
      <>
        <ChangesTable changes={values} object={made} isNew />
        {isReal === true && id.startsWith('rec_') ? <RecordLink id={id} object={made} /> : null}
      </>
    )
  }
  if (step.type === 'branch' && output !== null) return <Branch input={input} taken={output['taken']} object={object} />
  if (step.type === 'wait') return <Wait step={step} object={object} objects={objects} />
  return <Parts step={step} />
}

interface ChangedProps extends Pick<StepDetailProps, 'object' | 'objects'> {
  id: string
  changes: Changes
}

/** The change of a record that was there, of the triggering one's object or of another: only the record itself knows. */
function Changed({ id, changes, object, objects }: ChangedProps) {
  const record = useRelated(id)
  const own = record === undefined || record === null ? undefined : findObject(objects, record.object_id)
  const fits = Object.keys(changes).every((slug) => object?.fields.some((field) => field.slug === slug) === true)
  return (
    <>
      <ChangesTable changes={changes} object={own ?? (fits ? object : undefined)} />
      {record === undefined ? null : <RecordLine id={id} record={record} object={own} />}
    </>
  )
}

/** What each way's rules found, down to the one that was taken. */
function Branch({ input, taken, object }: { input: Data | null; taken: unknown } & Pick<StepDetailProps, 'object'>) {
  const judged = Array.isArray(input?.['conditions']) ? (input['conditions'] as JudgedWay[]) : []
  return (
    <>
      <Text size="sm">{takenWords(taken)}</Text>
      {judged.map(({ arm, match = 'all', rules }) => (
        <div key={arm}>
          <p className={classes['small']}>{strings.way(arm + 1)}</p>
          <RuleVerdicts match={match} rules={rules} object={object} />
        </div>
      ))}
    </>
  )
}

/** @param taken such as `conditions/1/then`, null for none */
function takenWords(taken: unknown): string {
  const [, way, list] = typeof taken === 'string' ? taken.split('/') : []
  if (way === undefined) return strings.branchNone
  return list === 'else' ? strings.branchElse : strings.branchTaken(Number(way) + 1)
}

/** What it waits, or waited, for, and until when. */
function Wait({ step, object, objects }: Omit<StepDetailProps, 'isReal'>) {
  const input = asData(step.input)
  const until = asData(step.output)?.['until'] ?? input?.['until']
  if (step.status === 'skipped') return <Text size="sm">{strings.waited.skipped}</Text>
  if (input === null || input['truncated'] === true) return <Parts step={step} />
  const config = typeof until === 'string' && input['event'] === undefined ? { until: dateTime(until) } : input
  return (
    <>
      <Text size="sm">{actionWords({ key: step.key, type: 'wait', config }, { objects, templates: [] }, object)}</Text>
      {step.output === null || step.output === undefined || step.status === 'waiting' ? null : (
        <div>
          <p className={classes['small']}>{strings.page.output}</p>
          <Json value={step.output} />
        </div>
      )}
    </>
  )
}

/** Input and output as they are. */
function Parts({ step }: { step: Step }) {
  const id = asData(step.output)?.['id']
  return (
    <>
      {step.input === null || step.input === undefined ? null : (
        <div>
          <p className={classes['small']}>{strings.page.input}</p>
          <Json value={step.input} />
        </div>
      )}
      {step.output === null || step.output === undefined ? null : (
        <div>
          <p className={classes['small']}>{strings.page.output}</p>
          <Json value={step.output} />
        </div>
      )}
      {typeof id === 'string' && id.startsWith('rec_') && step.type !== 'delete_record' ? <RecordLink id={id} /> : null}
    </>
  )
}

function RecordLink({ id, object }: { id: string; object?: ObjectAnswer | undefined }) {
  const record = useReferenced(object?.slug, object === undefined ? null : id)
  return <RecordLine id={id} record={record} object={object} />
}

interface RecordLineProps {
  id: string
  /** undefined while it is read, null when it is gone */
  record: RecordAnswer | null | undefined
  object: ObjectAnswer | undefined
}

function RecordLine({ id, record, object }: RecordLineProps) {
  const kind = object === undefined ? strings.page.records : capital(singular(object.name))
  if (record === null) return <Text size="sm">{strings.page.recordGone(kind)}</Text>
  return (
    <Anchor component={Link} to={`/records/${id}` as never} size="sm">
      {kind}: {record === undefined ? id : recordTitle(record, object)}
    </Anchor>
  )
}

function Attempts({ step }: { step: Step }) {
  return (
    <div>
      <p className={classes['small']}>{strings.page.attempts}</p>
      <ol className={classes['attempts']}>
        {step.attempts.map((attempt) => (
          <li key={attempt.attempt}>
            <span className="numbers">
              {dateTime(attempt.started_at)} ·{' '}
              {duration(Date.parse(attempt.finished_at) - Date.parse(attempt.started_at))}
            </span>
            {attempt.error === undefined ? null : <span className={classes['bad']}> {attempt.error.message}</span>}
            {attempt.output === undefined || attempt.output === null ? null : <Json value={attempt.output} />}
          </li>
        ))}
      </ol>
    </div>
  )
}
