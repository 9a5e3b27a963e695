import { ApiError, type Enlistment, objectId, publicId, uuidOf } from '@kantos/model'
import { audit, type Auditor } from '../audit/audit.ts'
import { type Client, type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { forgetEnlisted } from '../events/forget.ts'

/** Runs of an automation on existing records, as its list shows them. */
const NEWEST = 50

interface Row extends Omit<Enlistment, 'id' | 'automation_id' | 'object_id' | 'max' | 'created_at' | 'finished_at'> {
  id: string
  automation_id: string
  object: string
  most: number | null
  created_at: Date
  finished_at: Date | null
}

const COUNTS = ['succeeded', 'skipped', 'failed', 'cancelled'] as const
const SELECT = `
  select e.id, e.automation_id, e.object, e.filters, e.most, e.per_minute, e.status, e.total, e.started,
    ${COUNTS.map((name) => `(e.${name} + coalesce(r.${name}, 0))::int as ${name}`).join(', ')},
    e.error, e.created_at, e.created_by, e.finished_at
  from enlistments e cross join lateral (
    select ${COUNTS.map((name) => `sum(r.${name}) as ${name}`).join(', ')} from enlistment_results r
    where r.workspace_id = e.workspace_id and r.enlistment_id = e.id
  ) r`

function present({ id, automation_id, object, most, created_at, finished_at, ...row }: Row): Enlistment {
  return {
    id: publicId('enlistment', id),
    automation_id: publicId('automation', automation_id),
    object_id: objectId(object),
    max: most,
    ...row,
    created_at: created_at.toISOString(),
    finished_at: finished_at?.toISOString() ?? null,
  }
}

/**
 * How far a run on existing records is.
 *
 * @param id public id
 * @throws ApiError NOT_FOUND
 */
export async function readEnlistment(db: Queryable, workspaceId: string, id: string): Promise<Enlistment> {
  const { rows } = await query<Row>(db, {
    name: 'enlistment',
    text: `${SELECT} where e.workspace_id = $1 and e.id = $2`,
    values: [workspaceId, uuidOf('enlistment', id)],
  })
  if (rows[0] === undefined) throw noEnlistment()
  return present(rows[0])
}

/** Those of an automation (uuid), newest first. */
export async function listEnlistments(db: Queryable, workspaceId: string, automationId: string): Promise<Enlistment[]> {
  const { rows } = await query<Row>(db, {
    name: 'enlistments-of-automation',
    text: `${SELECT} where e.workspace_id = $1 and e.automation_id = $2 order by e.id desc limit ${NEWEST}`,
    values: [workspaceId, automationId],
  })
  return rows.map(present)
}

/**
 * Stops a run on existing records: what was handed over and hasn't begun doesn't begin, runs under way go on.
 *
 * @param id public id
 * @throws ApiError NOT_FOUND; CONFLICT when it has ended
 */
export async function cancelEnlistment(pool: Pool, by: Auditor, id: string): Promise<void> {
  const { workspaceId } = by
  const uuid = uuidOf('enlistment', id)
  await transaction(pool, async (client) => {
    const { rows } = await query<{ status: string; automation_id: string }>(client, {
      text: 'select status, automation_id from enlistments where workspace_id = $1 and id = $2 for update',
      values: [workspaceId, uuid],
    })
    const [found] = rows
    if (found === undefined) throw noEnlistment()
    if (found.status !== 'running') throw new ApiError('CONFLICT', `It has ended already (${found.status}).`)
    const automationId = publicId('automation', found.automation_id)
    const forgotten = await forgetEnlisted(client, workspaceId, id)
    await query(client, {
      text: `update enlistments set status = 'cancelled', next_at = null, finished_at = now(), started = started - $3
        where workspace_id = $1 and id = $2`,
      values: [workspaceId, uuid, forgotten],
    })
    await audit(client, by, 'enlistment.cancelled', id, { automation_id: automationId })
  })
}

/** Ends those under way in a workspace that began before a moment. */
export async function endEnlistments(client: Client, workspaceId: string, before: Date): Promise<void> {
  await query(client, {
    text: `update enlistments set status = 'cancelled', next_at = null, finished_at = now(),
        error = 'It was dropped when a hold was released.'
      where workspace_id = $1 and status = 'running' and created_at < $2`,
    values: [workspaceId, before],
  })
}

function noEnlistment(): ApiError {
  return new ApiError('NOT_FOUND', 'There is no such run on existing records.')
}
