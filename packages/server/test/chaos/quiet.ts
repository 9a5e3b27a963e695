import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Violation } from './check.ts'

/** E-mails are tried again after a minute; nobody waits for that here. */
const SOON = `update runs_live set due_at = now() where wait_reason = 'retry' and due_at > now() + interval '10 seconds'`

/** No run may be `running` without an owner so long after nobody makes work or harm any more. Source: the reliability bar, I7 */
const OWNED_WITHIN_MS = 60_000
/** a run that is due is taken up within this, unless there is a backlog */
const TAKEN_UP_MS = 5_000
/** … and all is done by then, however slow the machine */
const QUIET_WITHIN_MS = 180_000

const LEFT = `select ((select count(*) from outbox) + (select count(*) from runs_live)
  + (select count(*) from enlistments where status = 'running') + (select count(*) from date_triggers where state <> 'ready')
  + (select count(*) from date_alarms where due_at < now() + interval '1 day'))::int as left`

const OWNERLESS = `select id, status, wait_reason, due_at, lease_by, rev, tries from runs_live
  where status = 'running' and (lease_by is null or lease_by not in (select id from workers))
    and due_at < now() - $1 * interval '1 millisecond'`

/**
 * Waits until nothing is left to be done, but not for ever.
 *
 * @returns how long that took, and a violation for each run or event that is left, and each run that is `running` without an
 *   owner after a minute: I7
 */
export async function waitForQuiet(db: pg.Pool): Promise<{ ms: number; violations: Violation[] }> {
  const began = performance.now()
  const violations: Violation[] = []
  const left = (kind: string) => (row: Record<string, unknown>) => ({
    what: 'stuck',
    detail: `${kind} is still there: ${JSON.stringify(row)}`,
  })
  let looked = false
  for (;;) {
    await db.query(SOON)
    const { rows } = await db.query<{ left: number }>(LEFT)
    const ms = performance.now() - began
    if (rows[0]!.left === 0) return { ms, violations }
    if (ms > OWNED_WITHIN_MS && !looked) {
      looked = true
      const ownerless = await db.query<Record<string, unknown>>(OWNERLESS, [TAKEN_UP_MS])
      violations.push(...ownerless.rows.map(left('a run without an owner')))
    }
    if (ms > QUIET_WITHIN_MS) break
    await delay(200)
  }
  const runs = await db.query<Record<string, unknown>>(
    `select id, status, wait_reason, due_at, lease_by, rev, tries, lease_by in (select id from workers) as has_owner from runs_live`,
  )
  const events = await db.query<Record<string, unknown>>('select seq, event_id, tries from outbox')
  const enlistments = await db.query<Record<string, unknown>>(
    `select id, status, started, next_at, tries from enlistments where status = 'running'`,
  )
  const dates = await db.query<Record<string, unknown>>(
    `select automation_id, state from date_triggers where state <> 'ready'`,
  )
  return {
    ms: performance.now() - began,
    violations: [
      ...violations,
      ...runs.rows.map(left('a live run')),
      ...events.rows.map(left('an event')),
      ...enlistments.rows.map(left('a run on existing records')),
      ...dates.rows.map(left('what follows dates')),
    ],
  }
}
