import type { Action, AutomationDocument } from '@kantos/model'
import type { Installation } from '../../src/cli/compose.ts'
import type { Pool } from '../../src/db/pool.ts'
import { createRecords } from '../../src/records/write.ts'
import { startPart } from '../part.ts'
import { THREE_ACTIONS } from '../scenarios-backlog.ts'
import { addAutomation, type Bench } from '../setup.ts'

export const RECORDS = 200_000
export const WAITING = 1_000_000
const LISTED_AUTOMATIONS = 10_000
const CHUNK = 50_000

/** SQL of the uuid of the i-th record. */
export const recordId = (i: string) => `('01990000-0000-7000-9000-' || lpad(to_hex(${i}), 12, '0'))::uuid`

/** What runs wait for, and how many of ten. */
const WAITS = [
  { reason: 'wait', share: 7, type: 'wait', config: { duration: 30, unit: 'days' } },
  {
    reason: 'event',
    share: 2,
    type: 'wait',
    config: { event: 'record.updated', timeout: { duration: 30, unit: 'days' } },
  },
  // nobody listens there
  { reason: 'retry', share: 1, type: 'webhook', config: { url: 'http://127.0.0.1:9/' } },
] as const

export type WaitSamples = { reason: string; share: number; runId: string; automationId: string }[]

/** Deactivates all automations. */
export async function switchOff({ services: { pool } }: Installation): Promise<void> {
  await pool.query(`update automations set status = 'inactive', activated_at = null`)
  await pool.query('update workspaces set automations_rev = automations_rev + 1')
}

/** Lets the engine make one waiting run of each kind. */
export async function sampleWaits(bench: Bench, installation: Installation): Promise<WaitSamples> {
  const { services, workspaceId } = installation
  const made: { id: string; reason: string; share: number }[] = []
  for (const { reason, share, type, config } of WAITS) {
    const document: AutomationDocument = {
      ...THREE_ACTIONS,
      conditions: { match: 'all', rules: [] },
      actions: [{ key: 'later', type, config } as unknown as Action, ...THREE_ACTIONS.actions],
    }
    made.push({ id: await addAutomation(installation, `Waits: ${reason}`, document), reason, share })
  }
  const product = await startPart('product', bench.env)
  try {
    const cause = { actor: 'key_bench', source: 'api' as const, lane: 1 as const, chain: null }
    await createRecords(
      services,
      workspaceId,
      'leads',
      [{ name: 'Grace Hopper', status: 'new', estimated_value: 1 }],
      cause,
    )
    const until = performance.now() + 60_000
    for (;;) {
      const { rows } = await services.pool.query<{ id: string; automation_id: string; wait_reason: string }>(
        `select id, automation_id, wait_reason from runs_live where workspace_id = $1 and status = 'waiting'`,
        [workspaceId],
      )
      const samples = made.flatMap(({ id, reason, share }) => {
        const run = rows.find((row) => row.automation_id === id && row.wait_reason === reason)
        return run === undefined ? [] : [{ reason, share, runId: run.id, automationId: id }]
      })
      if (samples.length === WAITS.length) return samples
      if (performance.now() > until) throw new Error('The engine made no sample of each kind of wait in a minute.')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    await product.stop()
    await switchOff(installation)
  }
}

/** Copies the waiting runs, due at distinct times of the coming years. */
export async function fillWaits(pool: Pool, workspaceId: string, samples: WaitSamples, count: number): Promise<void> {
  for (const { share, runId } of samples)
    for (let from = 0; from < (count * share) / 10; from += CHUNK)
      await pool.query({
        text: `insert into runs_live (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at,
            conditions, trigger, steps, chain_id, depth, path, lane, due_at, rev, attempt, lost, wait_reason, state, step_chunks, tries, watches)
          select class, workspace_id, (substr(id_floor(t)::text, 1, 14) || '7000-8000-' || right(gen_random_uuid()::text, 12))::uuid,
            automation_id, version, status, mode, event_id, ${recordId(`1 + (n::bigint * 13) % ${RECORDS}`)}, t,
            conditions, trigger, steps, gen_random_uuid(), depth, path, lane, now() + interval '1 day' + n * interval '17 seconds', rev, attempt,
            lost, wait_reason, state, step_chunks, tries, watches
          from runs_live
          cross join lateral (select n, now() - (n % 2000000) * interval '1 second' as t from generate_series($3::int, $4::int) n) x
          where workspace_id = $1 and id = $2`,
        values: [workspaceId, runId, from, Math.min((count * share) / 10, from + CHUNK) - 1],
      })
}

/** The events of all skipped runs, as one of them had. @returns how many */
export async function fillEvents(pool: Pool, workspaceId: string, runId: string): Promise<number> {
  const { rowCount } = await pool.query(
    `insert into events (workspace_id, id, type, object, record_id, at, source, actor, lane, changes, after, chain_id, depth, path)
     select r.workspace_id, r.event_id, e.type, e.object, r.record_id, r.started_at, e.source, e.actor, e.lane, e.changes, e.after, e.chain_id, 0, e.path
     from events e join runs_skipped s on s.event_id = e.id and s.workspace_id = e.workspace_id
     join runs_skipped r on r.workspace_id = e.workspace_id and r.event_id <> e.id
     where e.workspace_id = $1 and s.id = $2`,
    [workspaceId, runId],
  )
  return rowCount ?? 0
}

/** Leads of whom each has an address of its own. */
export async function fillRecords(pool: Pool, workspaceId: string): Promise<void> {
  await pool.query(
    `insert into records (workspace_id, id, object, data, created_at, updated_at)
     select $1, ${recordId('i')}, 'leads', json_build_object('name', 'Lead ' || i, 'email', 'lead' || i || '@example.com',
       'status', (array['new','contacted','qualified'])[1 + i % 3], 'estimated_value', i % 10000, 'score', i % 100)::jsonb, now(), now()
     from generate_series(1, ${RECORDS}) i on conflict do nothing`,
    [workspaceId],
  )
}

/** As many automations as a list may hold, inactive and without runs. */
export async function fillAutomations(pool: Pool, workspaceId: string): Promise<void> {
  const document = JSON.stringify(THREE_ACTIONS)
  await pool.query(
    `with a as (
       insert into automations (workspace_id, id, name, status, version, document, trigger_event, trigger_object)
       select $1, gen_random_uuid(), 'Listed automation ' || i, 'inactive', 1, $2, 'record.created', 'leads' from generate_series(1, ${LISTED_AUTOMATIONS}) i
       returning workspace_id, id, name, document
     )
     insert into automation_versions (workspace_id, automation_id, version, name, document) select workspace_id, id, 1, name, document from a`,
    [workspaceId, document],
  )
}
