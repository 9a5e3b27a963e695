import type { Installation } from '../../src/cli/compose.ts'
import { createRecords } from '../../src/records/write.ts'
import { startPart } from '../part.ts'
import { THREE_ACTIONS } from '../scenarios-backlog.ts'
import { addAutomation, type Bench } from '../setup.ts'

/** How the runs of the big log ended. */
const KINDS = ['done', 'failed', 'skipped'] as const
export type Kind = (typeof KINDS)[number]
const SHARE: Record<Kind, number> = { done: 0.85, failed: 0.05, skipped: 0.1 }
const STEPS: Record<Kind, number> = { done: 3, failed: 3, skipped: 0 }

export const AUTOMATIONS = 50
export const RECORDS = 200_000
const MONTHS = 4
const CHUNK = 100_000

export interface Filled {
  automations: string[]
  runs: number
  steps: number
  seconds: number
}

/**
 * A log of `count` runs over the last months, past the engine: real runs of each kind are copied under new ids, times, automations and
 * records. One run in fifty is a test, one in twenty was started by another run.
 */
export async function fillLog(
  bench: Bench,
  installation: Installation,
  count: number,
  tell: (done: number) => void,
): Promise<Filled> {
  const { services, workspaceId } = installation
  const { pool } = services
  const began = performance.now()
  await pool.query(`select make_partitions(now() - make_interval(months => $1), $1 + 2)`, [MONTHS])
  const samples = await sampleRuns(bench, installation)
  const automations: string[] = []
  for (let i = 0; i < AUTOMATIONS; i++)
    automations.push(await addAutomation(installation, `Automation ${i + 1}`, THREE_ACTIONS))
  await pool.query(
    `insert into records (workspace_id, id, object, data, created_at, updated_at)
     select $1, ${recordId('i')}, 'leads', json_build_object('name', 'Lead ' || i, 'email', 'lead' || i || '@example.com',
       'status', (array['new','contacted','qualified'])[1 + i % 3], 'estimated_value', i % 10000, 'score', i % 100)::jsonb, now(), now()
     from generate_series(1, ${RECORDS}) i on conflict do nothing`,
    [workspaceId],
  )
  let steps = 0
  for (let from = 0; from < count; from += CHUNK) {
    const size = Math.min(CHUNK, count - from)
    for (const kind of KINDS) {
      const n = Math.round(size * SHARE[kind])
      steps += n * STEPS[kind]
      await pool.query(copyOf(kind), [
        workspaceId,
        samples[kind],
        automations,
        from,
        n,
        count,
        (MONTHS - 0.5) * 30 * 86_400,
      ])
    }
    tell(from + size)
  }
  await pool.query(
    `insert into dead_letters (workspace_id, run_id, automation_id, cause)
     select workspace_id, id, automation_id, cause from runs_failed where cause is not null on conflict do nothing`,
  )
  await pool.query('vacuum (analyze) runs_done, runs_failed, runs_skipped, runs_live, records, events')
  return { automations, runs: count, steps, seconds: (performance.now() - began) / 1000 }
}

/** SQL of the uuid of the i-th record. */
export const recordId = (i: string) => `('01990000-0000-7000-9000-' || lpad(to_hex(${i}), 12, '0'))::uuid`

const TABLE: Record<Kind, string> = { done: 'runs_done', skipped: 'runs_skipped', failed: 'runs_failed' }
const MARK: Record<Kind, string> = { done: '8', skipped: '9', failed: 'a' }

/** Copies one run `n` times, evenly over the whole time. */
function copyOf(kind: Kind): string {
  return `
    with sample as (select * from runs where workspace_id = $1 and id = $2),
    numbers as (
      select i, now() - make_interval(secs => ($6::float8 - i) / $6 * $7::float8) - interval '1 minute' as t
      from generate_series($4::int, $4::int + $5::int - 1) i
    )
    insert into ${TABLE[kind]} (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at, finished_at,
      conditions, trigger, steps, error, chain_id, depth, path, parent_run_id, cause, state)
    select class, workspace_id, (substr(id_floor(t)::text, 1, 14) || '7000-${MARK[kind]}000-' || lpad(to_hex(i), 12, '0'))::uuid,
      ($3::uuid[])[1 + (i * 7) % ${AUTOMATIONS}], 1, status, case when i % 50 = 0 then 'test' else 'live' end, gen_random_uuid(),
      ${recordId(`1 + (i * 13) % ${RECORDS}`)}, t, t + make_interval(secs => (i % 500) / 1000.0), conditions, trigger, steps, error,
      case when chain_id is not null then ('01990000-0000-7000-a000-' || lpad(to_hex(i / 3), 12, '0'))::uuid end, depth, path,
      case when chain_id is not null and i % 20 = 0 then ('01990000-0000-7000-b000-' || lpad(to_hex(i), 12, '0'))::uuid end,
      case when cause is not null and i % 50 <> 0 then md5('cause ' || (i % 40))::uuid end, state
    from sample cross join numbers`
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
  await services.pool.query(`update automations set status = 'inactive', activated_at = null`)
  await services.pool.query('update workspaces set automations_rev = automations_rev + 1')
  return ids as Record<Kind, string>
}
