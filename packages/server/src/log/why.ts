import {
  type Changes,
  type CrmEvent,
  describeRule,
  type EventType,
  type EventVerdict,
  fieldPathWords,
  type Group,
  type OnImport,
  matchEvent,
  objectId,
  publicId,
  type RecordEvent,
  type Run,
  type RunStatus,
  type Source,
  type Trigger,
} from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import { readActorNames } from './actor-names.ts'
import { readConditions } from './conditions.ts'
import { idFloor } from './filter.ts'

/** Automations that are asked why they didn't run, the newest of those that were there; those that did run are always named. */
const MOST_ASKED = 200
/** A run's id is never drawn before its event's, but by clocks that may differ a little. */
const CLOCK_SLACK_MS = 60_000
const RULES_NAMED = 3

/** The name of a field by its slug; undefined when there is none. */
type NameOf = (slug: string) => string | undefined

interface EventRow {
  id: string
  type: EventType
  object: string | null
  record_id: string
  at: Date
  source: Source
  actor: string | null
  automation_id: string | null
  changes: Changes | null
}

interface RunRow {
  id: string
  automation_id: string
  name: string | null
  event_id: string
  status: RunStatus
  error: { message: string } | null
  seen: Parameters<typeof readConditions>[1]
  conditions: Group | null
}

interface Asked {
  id: string
  name: string
  status: 'inactive' | 'active'
  activated_at: Date | null
  created_at: Date
  trigger: Trigger
  on_import: OnImport | null
  versions: { at: string; trigger: Trigger; on_import: OnImport | null }[] | null
  periods: { from: string; to: string | null }[] | null
}

/**
 * A record's events, newest first, each with every automation that looked at it and why it did or didn't run.
 *
 * @param page `before`: uuid of the last event of the page before
 * @returns `next`: uuid to go on before; null: there is no more
 * Source: SPEC.md, section 9; SPEC-DETAILS.md, section 12
 */
export async function listRecordEvents(
  db: Queryable,
  workspaceId: string,
  recordId: string,
  page: { before?: string; limit: number },
): Promise<{ events: RecordEvent[]; next: string | null }> {
  const { rows } = await query<EventRow>(db, {
    name: 'record-events',
    text: `select id, type, object, record_id, at, source, actor, automation_id, changes from events
      where workspace_id = $1 and record_id = $2 and ($3::uuid is null or id < $3) order by id desc limit $4`,
    values: [workspaceId, recordId, page.before ?? null, page.limit + 1],
  })
  const events = rows.slice(0, page.limit)
  if (events.length === 0) return { events: [], next: null }
  // before the runs: an event taken up in between has its run by then
  const pending = await readPending(db, workspaceId, recordId)
  const runs = Map.groupBy(await readRuns(db, workspaceId, recordId, events), (run) => run.event_id)
  const asked = await readAsked(db, workspaceId, events)
  const names = await readFieldNames(db, workspaceId, events)
  const actors = await readActorNames(
    db,
    workspaceId,
    events.flatMap(({ actor }) => actor ?? []),
  )
  return {
    events: events.map((event) => ({
      id: publicId('event', event.id),
      type: event.type,
      object_id: event.object === null ? null : objectId(event.object),
      at: event.at.toISOString(),
      actor: event.actor,
      actor_name: actors.get(event.actor ?? '') ?? null,
      source: event.source,
      changes: event.changes,
      automations: verdictsOf(event, runs.get(event.id) ?? [], asked, pending.get(event.id) ?? null, (slug) =>
        names.get(`${event.object}.${slug}`),
      ),
    })),
    next: rows.length > page.limit ? events.at(-1)!.id : null,
  }
}

function verdictsOf(
  event: EventRow,
  runs: readonly RunRow[],
  asked: readonly Asked[],
  pending: string | null,
  nameOf: NameOf,
): EventVerdict[] {
  // of a run and its retries, the newest counts
  const newest = new Map(runs.map((run) => [run.automation_id, run]))
  const verdicts = [...newest.values()].map((run) => verdictOfRun(run, nameOf))
  for (const automation of asked) {
    if (newest.has(automation.id) || automation.created_at > event.at) continue
    if (event.automation_id === null ? !listensToRecords(automation.trigger) : event.automation_id !== automation.id)
      continue
    verdicts.push({
      automation_id: publicId('automation', automation.id),
      name: automation.name,
      ...verdictWithoutRun(event, automation, pending, nameOf),
    })
  }
  return verdicts
}

const OUTCOMES: Readonly<Record<RunStatus, string>> = {
  queued: 'It is queued.',
  running: 'It is running.',
  waiting: 'It ran, and is waiting.',
  succeeded: 'It ran and succeeded.',
  failed: 'It ran and failed',
  cancelled: 'It ran and was cancelled.',
  skipped: 'Its conditions did not hold',
  blocked: 'The loop guard stopped it',
}

function verdictOfRun(run: RunRow, nameOf: NameOf): EventVerdict {
  const { status } = run
  const verdict = status === 'skipped' || status === 'blocked' ? status : 'ran'
  let why = OUTCOMES[status]
  if (status === 'skipped' && run.error !== null) why = run.error.message
  else if (status === 'skipped')
    why = `${why}: ${failedRules(readConditions(run.conditions, run.seen), nameOf).join('; ')}.`
  else if (status === 'failed' || status === 'blocked')
    why = run.error === null ? `${why}.` : `${why}: ${run.error.message}`
  return {
    automation_id: publicId('automation', run.automation_id),
    name: run.name ?? '',
    verdict,
    why,
    run_id: publicId('run', run.id),
    run_status: status,
  }
}

/** The rules that made the conditions fail, in words. @param nameOf the name of a field of the record by its slug */
export function failedRules(conditions: Run['conditions'], nameOf: NameOf): string[] {
  const sentences: string[] = []
  const visit = (rule: Run['conditions']['rules'][number]): void => {
    if (rule.passed) return
    if ('rules' in rule) rule.rules.forEach(visit)
    else sentences.push(describeRule({ ...rule, field: fieldPathWords(rule.field, nameOf) }))
  }
  conditions.rules.forEach(visit)
  const more = sentences.length - RULES_NAMED
  return more > 0 ? [...sentences.slice(0, RULES_NAMED), `and ${more} more`] : sentences
}

function verdictWithoutRun(
  event: EventRow,
  automation: Asked,
  pending: string | null,
  nameOf: NameOf,
): Pick<EventVerdict, 'verdict' | 'why'> {
  const { trigger, on_import } = automation.versions?.findLast(({ at }) => new Date(at) <= event.at) ?? automation
  const listener = {
    id: automation.id,
    trigger,
    status: 'active' as const,
    activatedAt: new Date(0),
    onImport: on_import ?? undefined,
  }
  const match = matchEvent(crmEvent(event), listener, (slug) => nameOf(slug) ?? slug)
  if (!match.matches) return { verdict: 'not_matched', why: sentence(match.why) }
  if (!wasActive(automation, event.at)) return { verdict: 'inactive', why: 'It was inactive when this happened.' }
  if (pending !== null) return { verdict: 'pending', why: pending }
  if (automation.status !== 'active' || automation.activated_at === null || automation.activated_at > event.at)
    return {
      verdict: 'inactive',
      why: 'It was deactivated before the event was taken up, or its run is kept no longer.',
    }
  return { verdict: 'expired', why: 'Its run is older than the log is kept.' }
}

function wasActive({ status, activated_at, periods }: Asked, at: Date): boolean {
  if (status === 'active' && activated_at !== null && activated_at <= at) return true
  return (periods ?? []).some(({ from, to }) => new Date(from) <= at && (to === null || new Date(to) > at))
}

function listensToRecords({ event }: Trigger): boolean {
  return event === 'field.changed' || event.startsWith('record.')
}

function sentence(why: string): string {
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`
}

/** As much of an event as matching looks at. */
function crmEvent(event: EventRow): CrmEvent {
  return {
    id: event.id,
    workspaceId: '',
    type: event.type,
    object: event.object,
    recordId: event.record_id,
    at: event.at,
    source: event.source,
    actor: event.actor,
    lane: 1,
    automationId: event.automation_id,
    changes: event.changes,
    after: null,
    payload: null,
    chain: { id: event.id, depth: 0, path: [] },
  }
}

/** The events that nobody has taken up yet, by uuid, with why in words. */
async function readPending(db: Queryable, workspaceId: string, recordId: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await query<{ event_id: string; held: boolean }>(db, {
    name: 'record-events-pending',
    text: `select event_id, exists (select from holds h where h.workspace_id = $1) as held
      from outbox where workspace_id = $1 and record_id = $2`,
    values: [workspaceId, recordId],
  })
  return new Map(
    rows.map(({ event_id: id, held }) => [
      id,
      held
        ? 'The workspace is on hold; the event is taken up once it is released.'
        : 'The event is about to be taken up.',
    ]),
  )
}

async function readRuns(
  db: Queryable,
  workspaceId: string,
  recordId: string,
  events: readonly EventRow[],
): Promise<RunRow[]> {
  const oldest = Math.min(...events.map(({ at }) => at.getTime()))
  const { rows } = await query<RunRow>(db, {
    name: 'record-events-runs',
    text: `select r.id, r.automation_id, coalesce(a.name, v.name) as name, r.event_id, r.status, r.error,
        r.conditions as seen,
        case when r.status = 'skipped' then
          coalesce(v.document, case when a.version = r.version then a.document end) -> 'conditions' end as conditions
      from runs r
      left join automations a on a.workspace_id = $1 and a.id = r.automation_id
      left join automation_versions v
        on v.workspace_id = $1 and v.automation_id = r.automation_id and v.version = r.version
      where r.workspace_id = $1 and r.record_id = $2 and r.event_id = any($3::uuid[]) and r.id >= $4
      order by r.id`,
    values: [workspaceId, recordId, events.map(({ id }) => id), idFloor(oldest - CLOCK_SLACK_MS)],
  })
  return rows
}

/** The automations that could have looked at the events, with their triggers and their times of being active. */
async function readAsked(db: Queryable, workspaceId: string, events: readonly EventRow[]): Promise<Asked[]> {
  const { rows } = await query<Asked>(db, {
    name: 'record-events-automations',
    text: `select a.id, a.name, a.status, a.activated_at, a.created_at, a.document -> 'trigger' as trigger,
        a.document ->> 'on_import' as on_import,
        (select jsonb_agg(jsonb_build_object('at', v.created_at, 'trigger', v.document -> 'trigger',
           'on_import', v.document ->> 'on_import') order by v.version)
         from automation_versions v where v.workspace_id = $1 and v.automation_id = a.id) as versions,
        (select jsonb_agg(jsonb_build_object('from', p.activated_at, 'to', p.deactivated_at) order by p.activated_at)
         from activations p where p.workspace_id = $1 and p.automation_id = a.id) as periods
      from (
        -- found first, those of each object from their index: of the others the documents aren't read
        select found.id from (
          select l.created_at, l.id from unnest($2::text[]) as of_event (object) cross join lateral (
            select o.created_at, o.id from automations o
            where o.workspace_id = $1 and o.deleted_at is null and o.trigger_object = of_event.object
              and o.created_at < $4
            order by o.created_at desc, o.id desc limit ${MOST_ASKED}
          ) l
          union
          select o.created_at, o.id from automations o
          where o.workspace_id = $1 and o.deleted_at is null and o.id = any($3::uuid[])
        ) found
        order by found.created_at desc, found.id desc limit ${MOST_ASKED}
      ) newest
      join automations a on a.workspace_id = $1 and a.id = newest.id
      order by a.created_at, a.id`,
    values: [
      workspaceId,
      [...new Set(events.flatMap(({ object }) => object ?? []))],
      [...new Set(events.flatMap(({ automation_id }) => automation_id ?? []))],
      // times are read to the millisecond
      new Date(Math.max(...events.map(({ at }) => at.getTime())) + 1),
    ],
  })
  return rows
}

/** The names of the fields of the events' objects, by `object.field`. */
async function readFieldNames(
  db: Queryable,
  workspaceId: string,
  events: readonly EventRow[],
): Promise<Map<string, string>> {
  const { rows } = await query<{ object: string; slug: string; name: string }>(db, {
    name: 'record-events-fields',
    text: 'select object, slug, name from fields where workspace_id = $1 and object = any($2::text[])',
    values: [workspaceId, [...new Set(events.flatMap(({ object }) => object ?? []))]],
  })
  return new Map(rows.map(({ object, slug, name }) => [`${object}.${slug}`, name]))
}
