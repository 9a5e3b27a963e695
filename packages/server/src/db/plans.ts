/** Rows that a connection has dealt with, and time that has passed, before its plans are made anew. */
const ROWS = 2_000
const KEPT_MS = 5_000

const plans = new WeakMap<object, { rows: number; madeAt: number }>()

/**
 * Whether a connection's plans may be of another time: then it says `DISCARD_PLANS` before its next statement.
 *
 * PostgreSQL keeps the plan of a prepared statement until the table is analyzed, which an autovacuum may do a minute later, or while a queue
 * is empty. A plan that was made for empty tables, where everything costs the same, may go through all rows for each one that it is given
 * (measured: settling 13 effects among 330,000 live runs took 0.36 s). Under load plans are made anew every five seconds (6 ms for all that a
 * batch may need); a light load keeps its plans, since its tables grow slowly.
 *
 * @param connection a client of a pool
 * @param rows what it has dealt with since the last call
 */
export function plansAreOld(connection: object, rows: number): boolean {
  const now = performance.now()
  const own = plans.get(connection)
  if (own === undefined) {
    plans.set(connection, { rows, madeAt: now })
    return false
  }
  own.rows += rows
  if (own.rows < ROWS || now - own.madeAt < KEPT_MS) return false
  own.rows = 0
  own.madeAt = now
  return true
}

/** May stand beside other statements in one message. */
export const DISCARD_PLANS = 'discard plans'
