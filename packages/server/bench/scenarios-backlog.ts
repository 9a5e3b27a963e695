import type { AutomationDocument } from '@kantos/model'
import type { Installation } from '../src/cli/compose.ts'
import { createRecords } from '../src/records/write.ts'
import { postgresCpuSeconds, postmasterOf } from './cpu.ts'
import { startPart } from './part.ts'
import { addAutomation, type Bench } from './setup.ts'

/** Three database actions and the full log. */
export const THREE_ACTIONS: AutomationDocument = {
  trigger: { event: 'record.created', object: 'leads' },
  conditions: {
    match: 'all',
    rules: [
      { field: 'status', operator: 'equals', value: 'new' },
      { field: 'estimated_value', operator: 'greater_than', value: 5000 },
    ],
  },
  actions: [
    { key: 'score', type: 'update_record', config: { fields: { score: '{{record.score + 1}}', status: 'contacted' } } },
    {
      key: 'task',
      type: 'create_record',
      config: {
        object_definition_id: 'obj_tasks',
        data: { title: 'Call {{record.name}}', related_record_id: '{{record.id}}' },
      },
    },
    { key: 'note', type: 'update_record', config: { fields: { notes: 'Task {{steps.task.id}}' } } },
  ],
}

export interface Drained {
  perSecond: number
  /** CPU microseconds of PostgreSQL per run; 0 where it can't be read */
  postgresMicros: number
  /** CPU microseconds of our processes per run */
  nodeMicros: number
}

/** Puts `count` events into the outbox, with nobody there to take them. */
async function fill(installation: Installation, count: number): Promise<void> {
  const { services, workspaceId } = installation
  for (let i = 0; i < count; i += 1000)
    await createRecords(
      services,
      workspaceId,
      'leads',
      Array.from({ length: Math.min(1000, count - i) }, (_, k) => ({
        name: `Lead ${i + k}`,
        email: `lead${i + k}@example.org`,
        status: 'new',
        estimated_value: 6000,
        score: 1,
        company: 'Acme',
      })),
      { actor: 'key_bench', source: 'api', lane: 1, chain: null },
    )
}

/** Fills the outbox and measures how fast `processes` of a kind empty it. */
export async function drain(
  bench: Bench,
  installation: Installation,
  kind: 'worker' | 'baseline',
  count: number,
  processes: number,
): Promise<Drained> {
  const { pool } = installation.services
  await pool.query(`update automations set status = 'inactive', activated_at = null`)
  await pool.query('update workspaces set automations_rev = automations_rev + 1')
  const automationId = await addAutomation(installation, 'Three actions', THREE_ACTIONS)
  await fill(installation, count)
  const parts = await Promise.all(Array.from({ length: processes }, () => startPart(kind, bench.env)))
  const nodeCpu = () => Promise.all(parts.map((part) => part.ask<NodeJS.CpuUsage>({ type: 'cpu' })))
  const before = await nodeCpu()
  const cpu = postgresCpuSeconds(postmasterOf(bench.dataDir))
  const begun = performance.now()
  const going = Promise.all(parts.map((part) => part.ask({ type: 'go', automationId })))
  if (kind === 'baseline') await going
  else while (!(await isEmpty(installation))) await new Promise((resolve) => setTimeout(resolve, 20))
  const seconds = (performance.now() - begun) / 1000
  const used = postgresCpuSeconds(postmasterOf(bench.dataDir)) - cpu
  await going
  const node = (await nodeCpu()).reduce(
    (sum, { user, system }, i) => sum + user + system - before[i]!.user - before[i]!.system,
    0,
  )
  await Promise.all(parts.map((part) => part.stop()))
  const { rows } = await pool.query<{ runs: number }>(
    `select count(*)::int as runs from runs where automation_id = $1 and status = 'succeeded'`,
    [automationId],
  )
  if (rows[0]!.runs !== count) throw new Error(`${count} events gave ${rows[0]!.runs} finished runs.`)
  return { perSecond: count / seconds, postgresMicros: (used * 1e6) / count, nodeMicros: node / count }
}

/** By index, lane by lane: among a million waiting runs a look at all of them would take more than the work that is measured. */
async function isEmpty({ services, workspaceId }: Installation): Promise<boolean> {
  const { rows } = await services.pool.query<{ left: boolean }>(
    `select exists (select from outbox) or bool_or(due) as left
     from (values (0::smallint), (1::smallint), (2::smallint)) l(lane) cross join lateral (
       select exists (select from runs_live r where r.workspace_id = $1 and r.lane = l.lane and r.due_at <= now()) as due
     ) d`,
    [workspaceId],
  )
  return !rows[0]!.left
}

/** Parks runs at distinct times of the coming years, as if they all waited. */
export async function parkRuns(installation: Installation, count: number): Promise<void> {
  const { services, workspaceId } = installation
  const { rows } = await services.pool.query<{ id: string }>('select id from automations limit 1')
  for (let i = 0; i < count; i += 50_000)
    await services.pool.query({
      text: `insert into runs (class, workspace_id, id, automation_id, version, status, mode, lane, due_at, rev, wait_reason,
          started_at, steps, state, chain_id, depth)
        select 'live', $1, gen_random_uuid(), $2, 1, 'waiting', 'live', 1, now() + interval '1 day' + n * interval '17 seconds',
          1, 'wait', now(), '[]', '{}', $2, 1
        from generate_series($3::int, $4::int) as n`,
      values: [workspaceId, rows[0]!.id, i, i + 49_999],
    })
  await services.pool.query('analyze runs_live')
}
