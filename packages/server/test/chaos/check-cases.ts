import { uuidOf } from '@kantos/model'
import type pg from 'pg'
import { ANSWER_SECONDS, COUNTERS } from './cases.ts'
import type { Evidence, Run, Violations } from './check.ts'

/** two clocks of workers, and the database's, are less apart than this, ms */
const CLOCKS_MS = 250
/** a write is seen by others this long after it got its time, at the latest, ms */
const COMMITS_MS = 1_000
const DEALS_OF_A_BATCH = 5

/** What happened to a case, in order. */
interface History {
  /** changes of its state */
  states: { id: string; at: number; to: string }[]
  /** what its date was, and from when on; null: none */
  dues: { at: number; value: number | null }[]
}

export interface CaseEvidence extends Pick<Evidence, 'db' | 'active' | 'told'> {
  /** the ended runs of the automations about cases, by name */
  runs: ReadonlyMap<string, readonly Run[]>
  /** how often each update step of the runs of a record was done: `<record> <step>` */
  done: ReadonlyMap<string, number>
}

/**
 * What must be so of waits for an event, exit conditions, enrolment rules, dates and runs on existing records, once all is quiet.
 */
export async function checkCases(evidence: CaseEvidence, found: Violations): Promise<void> {
  const histories = await readHistories(evidence.db)
  await checkCounters(evidence, histories, found)
  checkAnswers(evidence, histories, found)
  checkExits(evidence, histories, found)
  checkEnrolments(evidence, histories, found)
  await checkDates(evidence, histories, found)
  await checkFollowed(evidence, found)
  await checkEnlisted(evidence, found)
}

async function readHistories(db: pg.Pool): Promise<ReadonlyMap<string, History>> {
  const { rows } = await db.query<{
    id: string
    record_id: string
    at: Date
    type: string
    state: string | null
    due: string | null
    moves: boolean
  }>(
    `select id, record_id, at, type, changes #>> '{state,to}' as state,
       coalesce(changes #>> '{due,to}', case when type = 'record.created' then after ->> 'due' end) as due,
       type = 'record.created' or (changes -> 'due') is not null as moves
     from events where object = 'cases' and type in ('record.created', 'record.updated')
       and (type = 'record.created' or (changes -> 'state') is not null or (changes -> 'due') is not null)
     order by at, id`,
  )
  const histories = new Map<string, History>()
  for (const { id, record_id, at, type, state, due, moves } of rows) {
    const history = histories.get(record_id) ?? { states: [], dues: [] }
    histories.set(record_id, history)
    if (type === 'record.updated' && state !== null) history.states.push({ id, at: at.getTime(), to: state })
    if (moves) history.dues.push({ at: at.getTime(), value: due === null ? null : Date.parse(due) })
  }
  return histories
}

/** I2: a counter is as high as the log says, and acknowledged changes are there. */
async function checkCounters(
  { db, told, done }: CaseEvidence,
  histories: ReadonlyMap<string, History>,
  found: Violations,
): Promise<void> {
  const { rows } = await db.query<{ id: string; data: Record<string, number | undefined> }>(
    `select id, data from records where object = 'cases'`,
  )
  for (const { id, data } of rows)
    for (const counter of COUNTERS) {
      const is = data[counter] ?? 0
      const wanted = done.get(`${id} ${counter}`) ?? 0
      if (is !== wanted)
        found.add(is < wanted ? 'lost' : 'doubled', `${counter} of the case ${id} is ${is}, its runs say ${wanted}`)
    }
  for (const [id, changes] of told.cases) {
    const are = histories.get(id)?.states.length ?? 0
    if (are !== changes) found.add('answer', `${changes} changes of the case ${id} were acknowledged, ${are} are there`)
  }
}

/** A wait for an event ends with the first one after it began, and times out only when there was none in time. */
function checkAnswers({ runs }: CaseEvidence, histories: ReadonlyMap<string, History>, found: Violations): void {
  for (const run of runs.get('answer') ?? []) {
    const step = run.steps.find(({ key, status }) => key === 'answer' && status === 'succeeded')
    if (step === undefined) continue
    const { states } = histories.get(run.record_id!) ?? { states: [] }
    const began = Date.parse(step.started_at)
    const until = began + ANSWER_SECONDS * 1_000
    const { event, event_id: eventId } = step.output as { event: string; event_id?: string }
    const missed = (before: number) =>
      states.find(({ at }) => at > began + CLOCKS_MS && at < before - CLOCKS_MS)?.id ?? null
    const name = `the wait of run ${run.id}`
    if (event === 'timeout') {
      const lost = missed(until)
      if (lost !== null) found.add('lost', `${name} timed out, though the event ${lost} came in time`)
      continue
    }
    const ended = states.find(({ id }) => id === uuidOf('event', eventId ?? ''))
    if (ended === undefined)
      found.add('order', `${name} was ended by ${event} ${eventId}, which is no change of its case`)
    else if (ended.at < began - CLOCKS_MS || ended.at > until + CLOCKS_MS)
      found.add('order', `${name} was ended by an event of ${ended.at - began} ms after it began`)
    else if (missed(ended.at) !== null)
      found.add('lost', `${name} was ended by ${ended.id}, not by ${missed(ended.at)}`)
  }
}

/** A run whose case was closed while it waited ends there; no other does. */
function checkExits({ runs }: CaseEvidence, histories: ReadonlyMap<string, History>, found: Violations): void {
  for (const run of runs.get('leave') ?? []) {
    const closedAt = histories.get(run.record_id!)?.states.find(({ to }) => to === 'closed')?.at
    if (run.error?.code === 'EXITED') {
      if (closedAt === undefined || closedAt > Date.parse(run.finished_at!) + CLOCKS_MS)
        found.add('lost', `run ${run.id} left at ${run.finished_at}, and its case was not closed by then`)
      continue
    }
    const stay = run.steps.find(({ key, status }) => key === 'stay' && status === 'succeeded')
    if (stay === undefined || closedAt === undefined) continue
    const until = Date.parse((stay.output as { until: string }).until)
    if (closedAt + COMMITS_MS < until)
      found.add('lost', `run ${run.id} stayed until ${until}, though its case was closed at ${closedAt}`)
  }
}

/** `once_per_record` takes each record once; under `not_while_running` no two runs overlap, and who is refused met one. */
function checkEnrolments({ runs }: CaseEvidence, histories: ReadonlyMap<string, History>, found: Violations): void {
  const byRecord = (name: string) => Map.groupBy(runs.get(name) ?? [], ({ record_id }) => record_id!)
  const first = byRecord('first')
  for (const [id, { states }] of histories) {
    const of = first.get(id) ?? []
    const taken = of.filter(({ steps }) => steps.length > 0).length
    if (taken > 1) found.add('doubled', `the case ${id} was taken ${taken} times by an automation that takes it once`)
    if (taken === 0 && states.length > 0 && of.every(({ status }) => status === 'skipped'))
      found.add('lost', `the case ${id} was taken by nobody, and ${of.length} runs were refused`)
  }
  for (const [id, of] of byRecord('alone')) {
    const times = (run: Run): [number, number] => [
      Date.parse(run.steps[0]?.started_at ?? run.started_at),
      Date.parse(run.finished_at!),
    ]
    const began = of.filter(({ steps }) => steps.length > 0).toSorted((a, b) => times(a)[0] - times(b)[0])
    for (const [i, run] of began.entries())
      if (i > 0 && times(run)[0] < times(began[i - 1]!)[1] - CLOCKS_MS)
        found.add('doubled', `the runs ${began[i - 1]!.id} and ${run.id} of the case ${id} overlap`)
    for (const run of of) {
      if (run.status !== 'skipped') continue
      const [at, end] = times(run)
      // one is under way from its beginning, not from its first step
      const others = of.filter(({ status }) => status !== 'skipped')
      if (!others.some((one) => Date.parse(one.started_at) < end + CLOCKS_MS && times(one)[1] > at - CLOCKS_MS))
        found.add('lost', `run ${run.id} of the case ${id} was refused, and no other was under way`)
    }
  }
}

/** Each date that came while it held starts one run, a date that was moved away or was past when it was written none. */
async function checkDates(
  { db, active }: CaseEvidence,
  histories: ReadonlyMap<string, History>,
  found: Violations,
): Promise<void> {
  const { rows } = await db.query<{ record_id: string; at: string; automation_id: string }>(
    `select record_id, payload #>> '{date,at}' as at, automation_id from events where type = 'date.reached'`,
  )
  const reached = new Map<string, number>()
  for (const { record_id, at, automation_id } of rows) {
    if (automation_id !== active.ids.dated) found.add('early', `a date of the case ${record_id} is reached: ${at}`)
    const key = `${record_id} ${Date.parse(at)}`
    reached.set(key, (reached.get(key) ?? 0) + 1)
  }
  for (const [id, { dues }] of histories)
    for (const [i, { at, value }] of dues.entries()) {
      if (value === null) continue
      const movedAt = dues[i + 1]?.at ?? Number.POSITIVE_INFINITY
      const key = `${id} ${value}`
      const n = reached.get(key) ?? 0
      reached.delete(key)
      const words = `the date ${new Date(value).toISOString()} of the case ${id}`
      if (n > 1) found.add('doubled', `${words} was reached ${n} times`)
      // a record is read again when its date is due: one that was moved since, while nobody looked, starts nothing
      if (n === 0 && value > at + CLOCKS_MS && movedAt === Number.POSITIVE_INFINITY)
        found.add('lost', `${words} passed by`)
      if (n > 0 && value < at - CLOCKS_MS)
        found.add('doubled', `${words} had passed when it was written, and started a run`)
      if (n > 0 && movedAt < value - COMMITS_MS) found.add('doubled', `${words} was moved away, and started a run`)
    }
  for (const key of reached.keys()) found.add('doubled', `no case had the date that was reached: ${key}`)
}

/** The automation that was switched off and on follows each case's date, once, and none of what is gone. */
async function checkFollowed({ db, active }: CaseEvidence, found: Violations): Promise<void> {
  const { rows } = await db.query<{ missing: number; more: number; state: string }>(
    `select (select count(*)::int from records r where r.object = 'cases' and not exists (select from date_alarms a
         where a.workspace_id = r.workspace_id and a.record_id = r.id and a.automation_id = $1
           and (a.due_at at time zone 'UTC')::date = (r.data ->> 'review')::date)) as missing,
       (select count(*)::int from date_alarms a where a.automation_id = $1 and not exists (select from records r
         where r.workspace_id = a.workspace_id and r.id = a.record_id)) as more,
       (select t.state from date_triggers t where t.automation_id = $1) as state`,
    [active.ids.filled],
  )
  const { missing, more, state } = rows[0]!
  if (state !== 'ready') found.add('stuck', `an automation that follows dates is ${state}`)
  if (missing > 0) found.add('lost', `${missing} cases have no alarm for their date`)
  if (more > 0) found.add('doubled', `${more} alarms are of no case`)
}

/** A run on existing records goes through each of them once. */
async function checkEnlisted({ db, told }: CaseEvidence, found: Violations): Promise<void> {
  const { rows } = await db.query<{
    name: string
    status: string
    error: string | null
    started: number
    counted: number
    events: number
    deals: number
  }>(
    `with manual as (
       select v.payload ->> 'enlistment' as id, d.data ->> 'name' as name, count(*)::int as events,
         count(distinct v.record_id)::int as deals
       from events v join records d on d.workspace_id = v.workspace_id and d.id = v.record_id where v.type = 'manual' group by 1, 2
     )
     select e.filters ->> 'name' as name, e.status, e.error, e.started,
       (e.succeeded + e.skipped + e.failed + e.cancelled + (select coalesce(sum(r.succeeded + r.skipped + r.failed + r.cancelled), 0)
         from enlistment_results r where r.workspace_id = e.workspace_id and r.enlistment_id = e.id))::int as counted,
       coalesce(m.events, 0) as events, coalesce(m.deals, 0) as deals
     from enlistments e left join manual m on m.id = 'enl_' || replace(e.id::text, '-', '') and m.name = e.filters ->> 'name'`,
  )
  const there = new Map(rows.map((row) => [row.name, row]))
  if (rows.length !== told.enlisted.size)
    found.add('doubled', `${told.enlisted.size} runs on existing records were asked for, ${rows.length} are there`)
  for (const [id, batch] of told.enlisted) {
    const row = there.get(batch)
    if (row === undefined) found.add('lost', `the run ${id} on the deals ${batch} isn’t there`)
    else if (row.status !== 'done')
      found.add('failed', `the run ${id} on the deals ${batch} is ${row.status}: ${row.error}`)
    else {
      const { started, counted, events, deals } = row
      const numbers = [started, counted, events, deals]
      if (numbers.some((n) => n !== DEALS_OF_A_BATCH))
        found.add(
          numbers.some((n) => n < DEALS_OF_A_BATCH) ? 'lost' : 'doubled',
          `the run on the deals ${batch} says ${started} of 5 begun and ${counted} ended; ${events} events of ${deals} deals are there`,
        )
    }
  }
}
