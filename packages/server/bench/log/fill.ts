import pg from 'pg'
import type { Installation } from '../../src/cli/compose.ts'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { createRecords } from '../../src/records/write.ts'
import { startPart } from '../part.ts'
import { THREE_ACTIONS } from '../scenarios-backlog.ts'
import { addAutomation, type Bench } from '../setup.ts'
import {
  fillAutomations,
  fillEvents,
  fillRecords,
  fillWaits,
  RECORDS,
  recordId,
  sampleWaits,
  switchOff,
  WAITING,
} from './fill-rest.ts'

/** How the runs of the big log ended. */
const KINDS = ['done', 'failed', 'skipped'] as const
export type Kind = (typeof KINDS)[number]
const SHARE: Record<Kind, number> = { done: 0.85, failed: 0.05, skipped: 0.1 }
const STEPS: Record<Kind, number> = { done: 3, failed: 3, skipped: 0 }

export const AUTOMATIONS = 50
const MONTHS = 4
const CHUNK = 100_000
/** One event in a hundred is of this record. */
const BUSY = 77

export interface Filled {
  automations: string[]
  runs: number
  steps: number
  /** all of them the events of skipped runs */
  events: number
  waiting: number
  seconds: number
}

/**
 * A log of `count` runs over the last months, past the engine: real runs of each kind are copied under new ids, times, automations and
 * records. One run in fifty is a test, one in twenty was started by another run. Beside it wait a million runs (of smaller logs, as many
 * as it has), and there are 10,000 automations and 200,000 records. Nothing of it runs: the automations are inactive.
 *
 * While it is filled the database isn't safe against a crash of the machine; afterwards it is, as the product's is.
 */
export async function fillLog(
  bench: Bench,
  installation: Installation,
  count: number,
  tell: (what: string) => void,
): Promise<Filled> {
  const { workspaceId } = installation
  const began = performance.now()
  // indexes take longer than a statement of the product may
  const pool = createPool(bench.embedded.url, { max: 1, applicationName: 'fill', worker: true, statementTimeoutMs: 0 })
  await pool.query(`select make_partitions(now() - make_interval(months => $1), $1 + 2)`, [MONTHS])
  // months that retention would drop while they are measured
  await pool.query(
    `update workspaces set settings = settings || '{"retention": {"done_days": 3650, "skipped_days": 3650}}'`,
  )
  const samples = await sampleRuns(bench, installation)
  const waits = await sampleWaits(bench, installation)
  await setHasty(bench, true)
  const automations: string[] = []
  for (let i = 0; i < AUTOMATIONS; i++)
    automations.push(await addAutomation(installation, `Automation ${i + 1}`, THREE_ACTIONS))
  await fillAutomations(pool, workspaceId)
  await fillRecords(pool, workspaceId)
  // a sorted build of the many runs' indexes takes a third of the time; those of skipped runs grow as they do in use, to be measured
  const indexes = await dropIndexes(pool)
  let steps = 0
  for (let from = 0; from < count; from += CHUNK) {
    const size = Math.min(CHUNK, count - from)
    for (const kind of KINDS) {
      const n = Math.round(size * SHARE[kind])
      steps += n * STEPS[kind]
      await pool.query({
        text: copyOf(kind),
        values: [workspaceId, samples[kind], automations, from, n, count, (MONTHS - 0.5) * 30 * 86_400, size],
      })
    }
    if ((from + size) % (10 * CHUNK) === 0 || from + size === count) tell(`${from + size} runs`)
  }
  for (const index of indexes) await pool.query(index)
  tell('indexes built')
  const events = await fillEvents(pool, workspaceId, samples.skipped)
  const waiting = Math.min(count, WAITING)
  await fillWaits(pool, workspaceId, waits, waiting)
  tell(`${waiting} waiting runs, ${events} events`)
  await pool.query(
    `insert into dead_letters (workspace_id, run_id, automation_id, cause)
     select workspace_id, id, automation_id, cause from runs_failed where cause is not null on conflict do nothing`,
  )
  // the first start counts two weeks of it
  await pool.query(`update workspaces set created_at = now() - interval '120 days'`)
  await pool.query('delete from health_state')
  await pool.query('vacuum (analyze)')
  await setHasty(bench, false)
  await pool.end()
  return { automations, runs: count, steps, events, waiting, seconds: (performance.now() - began) / 1000 }
}

const TABLE: Record<Kind, string> = { done: 'runs_done', skipped: 'runs_skipped', failed: 'runs_failed' }
const MARK: Record<Kind, string> = { done: '8', skipped: '9', failed: 'a' }

/**
 * Copies one run `n` times, evenly over the whole time: `i` is its number among all runs, and says when it was; `j` counts without gaps, and
 * says whose it is.
 */
function copyOf(kind: Kind): string {
  const id = (mark: string) =>
    `(substr(id_floor(t)::text, 1, 14) || '7000-${mark}000-' || lpad(to_hex(i), 12, '0'))::uuid`
  return `
    with sample as (select * from runs where workspace_id = $1 and id = $2),
    numbers as (
      select i, j, now() - make_interval(secs => ($6::float8 - i) / $6 * $7::float8) - interval '1 minute' as t
      from generate_series($4::int, $4::int + $5::int - 1) j cross join lateral (select $4 + (j - $4)::bigint * $8::int / $5 as i) x
    )
    insert into ${TABLE[kind]} (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at, finished_at,
      conditions, trigger, steps, error, chain_id, depth, path, parent_run_id, cause, state)
    select class, workspace_id, ${id(MARK[kind])},
      ($3::uuid[])[1 + (j * 7) % ${AUTOMATIONS}], 1, status, case when j % 50 = 0 then 'test' else 'live' end,
      ${kind === 'skipped' ? id('b') : 'gen_random_uuid()'},
      ${recordId(`case when j % 100 = 0 then ${BUSY} else 1 + (j::bigint * 13) % ${RECORDS} end`)},
      t, t + make_interval(secs => (j % 500) / 1000.0), conditions, trigger, steps, error,
      case when chain_id is not null then ('01990000-0000-7000-a000-' || lpad(to_hex(j / 3), 12, '0'))::uuid end, depth, path,
      case when chain_id is not null and j % 20 = 0 then ('01990000-0000-7000-b000-' || lpad(to_hex(j), 12, '0'))::uuid end,
      case when cause is not null and j % 50 <> 0 then md5('cause ' || (j % 40))::uuid end, state
    from sample cross join numbers`
}

/** Drops the secondary indexes of the runs that succeeded. @returns the statements that make them again */
async function dropIndexes(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; made: string }>(
    `select i.indexrelid::regclass::text as name, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') as made
     from pg_index i where i.indrelid = 'runs_done'::regclass and not i.indisprimary`,
  )
  for (const { name } of rows) await pool.query(`drop index ${name}`)
  return rows.map(({ made }) => made)
}

/** Lets the engine make one run of each kind, so that what is copied is what it writes. */
async function sampleRuns(bench: Bench, installation: Installation): Promise<Record<Kind, string>> {
  const { services, workspaceId } = installation
  await addAutomation(installation, 'Three actions', THREE_ACTIONS)
  const wrong = { fields: { status: '{{record.company}}' } }
  await addAutomation(installation, 'A wrong status', {
    ...THREE_ACTIONS,
    actions: [...THREE_ACTIONS.actions.slice(0, 2), { key: 'wrong', type: 'update_record', config: wrong }],
  })
  const product = await startPart('product', bench.env)
  const ids: Partial<Record<Kind, string>> = {}
  try {
    const cause = { actor: 'key_bench', source: 'api' as const, lane: 1 as const, chain: null }
    const lead = { name: 'Ada Lovelace', email: 'ada@example.org', company: 'Acme', status: 'new', score: 1 }
    const leads = [6_000, 40].map((value) => ({ ...lead, estimated_value: value }))
    await createRecords(services, workspaceId, 'leads', leads, cause)
    const until = performance.now() + 30_000
    while (Object.keys(ids).length < KINDS.length) {
      if (performance.now() > until) throw new Error('The engine made no sample of each kind of run in 30 s.')
      await new Promise((resolve) => setTimeout(resolve, 100))
      const { rows } = await services.pool.query<{ class: Kind; id: string }>(
        `select distinct on (class) class, id from runs where workspace_id = $1 and class <> 'live' order by class, id`,
        [workspaceId],
      )
      for (const row of rows) ids[row.class] = row.id
    }
  } finally {
    await product.stop()
  }
  await switchOff(installation)
  return ids as Record<Kind, string>
}

/** Pages aren't written whole to the WAL, and nothing is vacuumed by itself, or both again. */
async function setHasty(bench: Bench, hasty: boolean): Promise<void> {
  const client = new pg.Client(bench.embedded.superuserUrl)
  await client.connect()
  for (const setting of ['full_page_writes', 'autovacuum'])
    await client.query(hasty ? `alter system set ${setting} = off` : `alter system reset ${setting}`)
  await client.query('select pg_reload_conf()')
  if (!hasty) await client.query('checkpoint')
  await client.end()
}
