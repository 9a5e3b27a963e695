import type pg from 'pg'
import type { Active } from './automations.ts'
import { checkCases } from './check-cases.ts'
import type { Happened } from './faults.ts'
import { type Leases, type Takeover, takeoverOf } from './leases.ts'
import type { Receipt } from './ledger.ts'
import type { Told } from './load.ts'
import type { Probe } from './probe.ts'

/** A promise that was broken. */
export interface Violation {
  /** e.g. `lost`, `doubled`, `order` */
  what: string
  detail: string
}

export interface Figures {
  runs: number
  /** what did what it should: succeeded, or ended by its exit conditions or its enrolment rule */
  succeeded: number
  /** of these, by EXITED and ALREADY_ENROLLED */
  ended: Record<string, number>
  /** by error code */
  failed: Record<string, number>
  attempts: number
  /** quickest first */
  takeovers: Takeover[]
  receipts: number
  /** sends that arrived more than once, each with more than one attempt in its log */
  doubledExplained: number
}

export interface Checked {
  violations: Violation[]
  figures: Figures
}

export interface Evidence {
  db: pg.Pool
  active: Active
  probes: Record<string, Probe>
  told: Told
  receipts: readonly Receipt[]
  /** faults in the order in which they happened */
  happened: readonly Happened[]
  /** who held which lease; null: nobody looked */
  leases: Leases | null
  /** how far off the database's clock an older version's log may be, ms; of this version: not at all */
  clockMs?: number
}

interface Attempt {
  attempt: number
  started_at: string
  finished_at: string
  error?: { code: string }
}
interface Step {
  key: string
  type: string
  status: string
  attempts: Attempt[]
  output: unknown
  started_at: string
  finished_at: string
}
export interface Run {
  id: string
  automation_id: string
  record_id: string | null
  status: string
  company: string | null
  started_at: string
  finished_at: string | null
  error: { code: string; message: string } | null
  steps: Step[]
}

/** A run may end so when its workers kept dying on it: its log says so. */
const EXPLAINED = new Set(['POISON', 'WORKER_LOST', 'DOUBTFUL'])
/** … or when the rig threw at it again and again. */
const THROWN = /The failpoint \w+ was armed/
const PAGE = 5_000

/**
 * Joins what the outside received, what clients were told and what the database holds. To be called once nothing is live any more.
 *
 * Checks I1 to I4, I6, I9 and I10: every event that an automation listens to has one run, every finished step was done once, nothing else
 * was done, in the right order and not too early; each send has its attempts in the log.
 */
export async function check(evidence: Evidence): Promise<Checked> {
  const found = new Violations()
  const figures: Figures = {
    runs: 0,
    succeeded: 0,
    ended: {},
    failed: {},
    attempts: 0,
    takeovers: [],
    receipts: evidence.receipts.length,
    doubledExplained: 0,
  }
  await checkRunsOfEvents(evidence, found)
  await checkAnswers(evidence, found)
  await checkEffectsOfRuns(evidence, found, figures)
  figures.takeovers.sort((a, b) => a.ms - b.ms)
  return { violations: found.list, figures }
}

export class Violations {
  readonly list: Violation[] = []

  add(what: string, detail: string): void {
    this.list.push({ what, detail })
  }
}

/** I1: an event that an automation listens to has started it once; nothing else has. */
async function checkRunsOfEvents({ db, active, told, probes }: Evidence, found: Violations): Promise<void> {
  const { rows } = await db.query<{ name: string; event: string; n: number }>(
    `with listening as (
       select e.id, x.name, x.automation_id from events e
       join json_to_recordset($1::json) as x(name text, automation_id uuid, type text, object text, field text)
         on e.type = x.type and (x.object is null or e.object = x.object)
         and (x.field is null or (e.changes -> x.field) is not null)
         and (e.automation_id is null or e.automation_id = x.automation_id)
     ), started as (select event_id, automation_id, count(*)::int as n from runs group by 1, 2)
     select coalesce(l.name, 'unasked') as name, coalesce(l.id, s.event_id)::text as event, coalesce(s.n, 0)::int as n
     from listening l full join started s on s.event_id = l.id and s.automation_id = l.automation_id
     where l.id is null or s.n is distinct from 1`,
    [
      JSON.stringify(
        Object.entries(probes).map(([name, { trigger }]) => ({
          name,
          automation_id: active.ids[name],
          ...heardBy(trigger),
        })),
      ),
    ],
  )
  for (const { name, event, n } of rows)
    found.add(n === 0 ? 'lost' : 'doubled', `event ${event} started "${name}" ${n} times`)

  const ticks = await db.query<{ asked: number; told: number }>(
    `select (select count(*)::int from chaos_ticks) as asked,
       (select count(*)::int from events where type = 'schedule') as told`,
  )
  const [{ asked, told: ticked } = { asked: 0, told: 0 }] = ticks.rows
  // a minute of the wall may pass meanwhile, and is a tick of its own
  if (ticked < asked) found.add('lost', `the schedule was due ${asked} times and ticked ${ticked} times`)
  const hooks = await db.query<{ key: string; id: string; n: number }>(
    `select d.key, 'evt_' || replace(d.event_id::text, '-', '') as id, coalesce(e.n, 0) as n
     from deliveries d left join (
       select 'webhook-id:' || (payload #>> '{webhook,headers,webhook-id}') as key, count(*)::int as n
       from events where type = 'webhook.received' group by 1
     ) e on e.key = d.key`,
  )
  const answered = new Map(hooks.rows.map((row) => [row.key, row]))
  for (const [key, event] of told.deliveries) {
    const row = answered.get(`webhook-id:${key}`)
    if (row === undefined) found.add('lost', `the acknowledged delivery ${key} isn't there`)
    else if (row.n > 1) found.add('doubled', `the delivery ${key} made ${row.n} events`)
    else if (row.id !== event) found.add('answer', `the delivery ${key} was answered ${event} and is ${row.id}`)
  }
}

/** The events that a trigger listens to. */
function heardBy(trigger: Probe['trigger']): { type: string; object?: string; field?: string } {
  if (trigger.event === 'field.changed') return { type: 'record.updated', object: trigger.object, field: trigger.field }
  return { type: trigger.event, object: 'object' in trigger ? trigger.object : undefined }
}

/** I9: what was acknowledged is there, once; what wasn't is there whole or not at all. */
async function checkAnswers({ db, told }: Evidence, found: Violations): Promise<void> {
  const { rows: records } = await db.query<{ id: string; object: string; name: string; events: number }>(
    `select r.id, r.object, r.data ->> 'name' as name,
       (select count(*)::int from events e where e.record_id = r.id and e.type = 'record.created') as events
     from records r where r.object in ('leads', 'contacts', 'deals', 'cases')`,
  )
  const there = new Set(records.map(({ id }) => id))
  for (const id of [...told.leads.keys(), ...told.cases.keys(), ...told.others])
    if (!there.has(id)) found.add('lost', `the acknowledged record ${id} isn't there`)
  const names = new Map<string, number>()
  for (const { id, object, name, events } of records) {
    if (events !== 1) found.add('half', `the record ${id} has ${events} events of its creation`)
    const key = `${object} ${name}`
    names.set(key, (names.get(key) ?? 0) + 1)
    if ((object === 'leads' && !told.leads.has(id)) || (object === 'cases' && !told.cases.has(id)))
      found.add('doubled', `nobody was told of the record ${id} of the ${object} (${name})`)
  }
  for (const [key, n] of names)
    if (n !== (key.startsWith('deals ') ? 5 : 1)) found.add('half', `${n} records are ${key}`)
  const { rows: changes } = await db.query<{ id: string; n: number }>(
    `select record_id as id, count(*)::int as n from events
     where type = 'record.updated' and object = 'leads' and changes -> 'company' is not null group by 1`,
  )
  const changed = new Map(changes.map(({ id, n }) => [id, n]))
  for (const [id, n] of told.leads)
    if ((changed.get(id) ?? 0) !== n)
      found.add('answer', `${n} changes of the lead ${id} were acknowledged, ${changed.get(id) ?? 0} are there`)
  for (const answer of new Set(told.wrong)) found.add('answer', answer)
}

/** I2, I3, I4, I6, I10: what runs say they did was done, as often as they say, in order, and not too early. */
async function checkEffectsOfRuns(evidence: Evidence, found: Violations, figures: Figures): Promise<void> {
  const { db, active, probes, receipts, happened, leases, clockMs = 0 } = evidence
  const nameOf = new Map(Object.entries(active.ids).map(([name, id]) => [id, name]))
  const received = new Map<string, { ids: Set<string>; n: number }>()
  for (const { run, step, id } of receipts) {
    const key = `${run} ${step}`
    const entry = received.get(key) ?? { ids: new Set(), n: 0 }
    entry.ids.add(id)
    entry.n += 1
    received.set(key, entry)
  }
  const tasks = new Map<string, number>()
  const { rows } = await db.query<{ title: string; n: number }>(
    `select data ->> 'title' as title, count(*)::int as n from records where object = 'tasks' group by 1`,
  )
  for (const { title, n } of rows) tasks.set(title, n)

  const done = new Map<string, number>()
  const companies = new Map<string, string[]>()
  const aboutCases = new Map<string, Run[]>()
  for (let last = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await db.query<Run>(
      `select r.id, r.automation_id, r.record_id, r.status, coalesce(r.steps, '[]') as steps, r.error, r.started_at::text, r.finished_at::text,
         (select e.changes #>> '{company,to}' from events e where e.workspace_id = r.workspace_id and e.id = r.event_id) as company
       from runs r where r.class <> 'live' and r.id > $1 order by r.id limit ${PAGE}`,
      [last],
    )
    if (page.rows.length === 0) break
    last = page.rows.at(-1)!.id
    for (const run of page.rows) {
      const name = nameOf.get(run.automation_id) ?? ''
      const probe = probes[name]
      if (probe === undefined) continue
      checkRun(run, probe, { tasks, received, done, companies, happened, leases, clockMs }, found, figures)
      if (!('object' in probe.trigger) || probe.trigger.object !== 'cases') continue
      const list = aboutCases.get(name)
      if (list === undefined) aboutCases.set(name, [run])
      else list.push(run)
    }
  }
  for (const [title, n] of tasks) if (n > 0) found.add('doubled', `${n} tasks "${title}" that no finished step made`)
  for (const [key, { n }] of received)
    if (n > 0) found.add('unlogged', `${n} receipts of ${key}, which no step of a run sent`)

  if ('answer' in probes) await checkCases({ ...evidence, runs: aboutCases, done }, found)
  const leads = await db.query<{
    id: string
    data: { follow_up_count?: number; score?: number; estimated_value?: number; notes?: string; turns?: string }
  }>(`select id, data from records where object = 'leads'`)
  for (const { id, data } of leads.rows) {
    const times = (step: string) => done.get(`${id} ${step}`) ?? 0
    const compare = (what: string, is: unknown, wanted: unknown) => {
      if (is === wanted) return
      const kind = typeof is === 'number' && typeof wanted === 'number' ? (is < wanted ? 'lost' : 'doubled') : 'order'
      found.add(kind, `${what} of the lead ${id} is ${String(is)}, its runs say ${String(wanted)}`)
    }
    compare('follow_up_count', data.follow_up_count ?? 0, times('u1'))
    compare('score', data.score ?? 0, times('u2'))
    compare('estimated_value', data.estimated_value ?? 0, times('add'))
    // the events of a record are taken up in the order of its writes, and the first step belongs to that
    compare(
      'notes',
      data.notes ?? '',
      (companies.get(id) ?? [])
        .toSorted()
        .map((company) => `,${company}`)
        .join(''),
    )
    if (times('begin') === times('end')) compare('turns', data.turns ?? '', '<>'.repeat(times('begin')))
  }
}

interface Around {
  /** titles of created tasks; what a step accounts for is taken away */
  tasks: Map<string, number>
  received: Map<string, { ids: Set<string>; n: number }>
  /** how often each update step of a record's runs was done: `<record> <step>` */
  done: Map<string, number>
  /** what the runs of a lead's changes saw it change to */
  companies: Map<string, string[]>
  happened: readonly Happened[]
  leases: Leases | null
  clockMs: number
}

function checkRun(run: Run, probe: Probe, around: Around, found: Violations, figures: Figures): void {
  const id = `run_${run.id.replaceAll('-', '')}`
  figures.runs += 1
  if (run.status === 'succeeded') {
    figures.succeeded += 1
    const order = run.steps.map(({ key }) => key).join(' ')
    if (order !== probe.order.join(' ')) found.add('order', `${id} succeeded with the steps ${order}`)
  } else if (run.error !== null && run.error.code === probe.mayEnd) {
    figures.succeeded += 1
    figures.ended[run.error.code] = (figures.ended[run.error.code] ?? 0) + 1
  } else if (run.status === 'failed') {
    const code = run.error?.code ?? 'none'
    figures.failed[code] = (figures.failed[code] ?? 0) + 1
    if (!EXPLAINED.has(code) && !THROWN.test(run.error?.message ?? ''))
      found.add('failed', `${id} failed: ${JSON.stringify(run.error)}`)
  } else found.add('failed', `${id} is ${run.status}`)

  let before = 0
  for (const step of run.steps) {
    const began = Date.parse(step.started_at)
    const ended = Date.parse(step.finished_at)
    if (began < before || ended < began)
      found.add('order', `${id}: the step ${step.key} began before the one above ended`)
    before = step.type === 'branch' || step.type === 'for_each' ? began : ended
    if (step.type === 'wait' && step.status === 'succeeded') {
      // one for an event says nothing of a time
      const { until } = step.output as { until?: string }
      const early = until === undefined ? 0 : Date.parse(until) - ended
      if (early > around.clockMs) found.add('early', `${id}: the wait ended ${early} ms before its time`)
    }
    if (step.type === 'webhook' || step.type === 'send_email')
      checkSend(run, step, isOnce(probe, step.key), around, found, figures)
    if (step.status !== 'succeeded') continue
    if (step.type === 'create_record') {
      const title = `${id} ${step.key}`
      const n = around.tasks.get(title) ?? 0
      if (n === 0) found.add('lost', `the task "${title}" isn't there`)
      else around.tasks.set(title, n - 1)
    }
    if (step.type === 'update_record') {
      const key = `${run.record_id} ${step.key}`
      around.done.set(key, (around.done.get(key) ?? 0) + 1)
      if (step.key === 'u1')
        around.companies.set(run.record_id!, [...(around.companies.get(run.record_id!) ?? []), run.company ?? ''])
    }
  }
}

/** Whether a step is an e-mail that mustn't be sent twice, even if that means not at all. */
function isOnce({ actions }: Probe, key: string): boolean {
  return actions.some(
    (action) => action.key === key && (action.config as { delivery?: string }).delivery === 'at_most_once',
  )
}

function checkSend(
  run: Run,
  step: Step,
  once: boolean,
  { received, happened, leases }: Around,
  found: Violations,
  figures: Figures,
): void {
  const id = `run_${run.id.replaceAll('-', '')}`
  const key = `${id} ${step.key}`
  const entry = received.get(key)
  const n = entry?.n ?? 0
  const attempts = step.attempts.length
  figures.attempts += attempts
  if (step.status === 'succeeded' && n === 0) found.add('lost', `${key} was sent, and nobody got it`)
  if (n > attempts)
    found.add(
      'unlogged',
      `${key} arrived ${n} times, its log has ${attempts} attempts; ${run.status} ${JSON.stringify(run.error)}`,
    )
  else if (n > 1) figures.doubledExplained += 1
  if (n > 1 && once) found.add('doubled', `${key} was to be sent once at most, and arrived ${n} times`)
  if ((entry?.ids.size ?? 1) > 1) found.add('doubled', `${key} arrived under different ids`)
  if (step.attempts.some(({ attempt }, i) => attempt !== i + 1))
    found.add('unlogged', `${key}: its attempts aren't counted through`)
  if (entry !== undefined) entry.n = 0
  for (const attempt of step.attempts)
    if (attempt.error?.code === 'WORKER_LOST')
      figures.takeovers.push(takeoverOf(attempt, { runId: run.id, run: id, step: step.key }, leases, happened))
}
