import { type Enrolment, publicId, remembers, whyNotEnrolled } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'

/** An automation whose rule is asked; its uuid. */
export interface Ruled {
  id: string
  mode: 'live' | 'test'
  enrolment: Enrolment | undefined
}

/**
 * Which records the enrolment rule wouldn't take as things are, and why. Whether a run begins is decided when it does.
 *
 * @param recordIds uuids
 * @param nowMs the database's clock
 * @returns by uuid; those it takes are missing
 */
export async function notEnrollable(
  db: Queryable,
  workspaceId: string,
  { id, mode, enrolment }: Ruled,
  recordIds: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>()
  if (enrolment === undefined || recordIds.length === 0) return reasons
  const values = [workspaceId, id, mode, recordIds]
  if (remembers(enrolment)) {
    const { rows } = await query<{ record_id: string; at: Date }>(db, {
      name: 'enrolments-of-records',
      text: `select record_id, at from enrolments
        where workspace_id = $1 and automation_id = $2 and mode = $3 and record_id = any($4::uuid[])`,
      values,
    })
    for (const { record_id, at } of rows) {
      const why = whyNotEnrolled(enrolment, at.getTime(), nowMs)
      if (why !== null) reasons.set(record_id, why)
    }
    return reasons
  }
  const { rows } = await query<{ record_id: string; id: string }>(db, {
    name: 'enrolments-running-of-records',
    text: `select record_id, id from runs_live where workspace_id = $1 and automation_id = $2 and mode = $3
      and record_id = any($4::uuid[]) and state ->> 'unjudged' is null`,
    values,
  })
  for (const row of rows) reasons.set(row.record_id, underWay(row.id))
  return reasons
}

/** @param runId uuid of the run that is in the way */
export function underWay(runId: string): string {
  return `A run of this automation is under way on this record: ${publicId('run', runId)}.`
}
