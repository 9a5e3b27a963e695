import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Violation } from './check.ts'

/** E-mails are tried again after a minute; nobody waits for that here. */
const SOON = `update runs_live set due_at = now() where wait_reason = 'retry' and due_at > now() + interval '10 seconds'`

/**
 * Waits until nothing is left to be done, but not for ever.
 *
 * @param patienceMs how long a run may still take once nobody makes work or harm any more
 * @returns a violation for each run or event that is left: I7, nothing is `running` without an owner
 */
export async function waitForQuiet(db: pg.Pool, patienceMs: number): Promise<{ ms: number; violations: Violation[] }> {
  const began = performance.now()
  for (;;) {
    await db.query(SOON)
    const { rows } = await db.query<{ left: number }>(
      'select ((select count(*) from outbox) + (select count(*) from runs_live))::int as left',
    )
    const ms = performance.now() - began
    if (rows[0]!.left === 0) return { ms, violations: [] }
    if (ms > patienceMs) break
    await delay(200)
  }
  const runs = await db.query<Record<string, unknown>>(
    `select id, status, wait_reason, due_at, lease_by, rev, tries, lease_by in (select id from workers) as has_owner from runs_live`,
  )
  const events = await db.query<Record<string, unknown>>('select seq, event_id, tries from outbox')
  const left = (kind: string) => (row: Record<string, unknown>) => ({
    what: 'stuck',
    detail: `${kind} is still there: ${JSON.stringify(row)}`,
  })
  return {
    ms: performance.now() - began,
    violations: [...runs.rows.map(left('a live run')), ...events.rows.map(left('an event'))],
  }
}
