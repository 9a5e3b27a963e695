import { type Hold, MOST_COUNTED } from '@kantos/model'
import { audit, type Auditor } from '../audit/audit.ts'
import { type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'

export type HoldReason = 'restore' | 'operator'

interface HoldRow {
  at: Date
  reason: HoldReason
  held_by: string | null
  note: string | null
}

/** Whether a workspace is on hold, and what stands still. */
export async function readHold(db: Queryable, workspaceId: string): Promise<Hold> {
  const { rows } = await query<HoldRow>(db, {
    name: 'hold',
    text: 'select at, reason, held_by, note from holds where workspace_id = $1',
    values: [workspaceId],
  })
  const row = rows[0]
  if (row === undefined) return { on_hold: false, since: null, reason: null, held_by: null, note: null, waiting: null }
  const { at, reason, held_by, note } = row
  return { on_hold: true, since: at.toISOString(), reason, held_by, note, waiting: await countWaiting(db, workspaceId) }
}

async function countWaiting(db: Queryable, workspaceId: string): Promise<{ runs: number; events: number }> {
  const { rows } = await query<{ runs: number; events: number }>(db, {
    name: 'hold-waiting',
    text: `select
        (select count(*)::int from (select from runs_live where workspace_id = $1 limit ${MOST_COUNTED}) r) as runs,
        (select count(*)::int from (select from outbox where workspace_id = $1 limit ${MOST_COUNTED}) o) as events`,
    values: [workspaceId],
  })
  return rows[0]!
}

/**
 * Puts a workspace on hold. Batches that commit later see it: they take up nothing of the workspace, and what they settle
 * stands still. Effects under way end; what only queued for its turn is given back within a second. A workspace that is on
 * hold already stays as it is.
 *
 * @param note what people read in the banner
 */
export async function putOnHold(pool: Pool, by: Auditor, note: string | null): Promise<void> {
  await transaction(pool, async (client) => {
    const heldBy = by.actor === 'system' ? null : by.actor
    const { rowCount } = await query(client, {
      // events are timed to the millisecond, downwards: one that comes after the hold never counts as before it
      text: `insert into holds (workspace_id, at, reason, held_by, note)
        values ($1, date_trunc('milliseconds', clock_timestamp()), 'operator', $2, $3)
        on conflict (workspace_id) do nothing`,
      values: [by.workspaceId, heldBy, note],
    })
    if (rowCount === 1) await audit(client, by, 'hold.created', null, note === null ? undefined : { note })
  })
}

/** The workspaces on hold, of all. */
export async function heldWorkspaces(db: Queryable): Promise<ReadonlySet<string>> {
  const { rows } = await query<{ id: string }>(db, { name: 'holds', text: 'select workspace_id as id from holds' })
  return new Set(rows.map(({ id }) => id))
}
