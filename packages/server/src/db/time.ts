import type { Pool } from 'pg'
import { V7Generator } from 'uuidv7'

/**
 * The database's clock as this process knows it, and ids that carry it.
 *
 * Ids of events and runs place rows in monthly partitions, so their time must be the database's: a machine whose own
 * clock is a month off would write where no partition is.
 */
export interface DbTime {
  /** the database's time, within a few milliseconds; epoch ms */
  now(): number
  /** a new uuidv7 of that time, rising within this process */
  id(): string
  /** measures the offset again */
  measure(): Promise<void>
}

/** Measures the offset to the database's clock over one round trip, taking the middle of it. */
export async function createDbTime(pool: Pool): Promise<DbTime> {
  const generator = new V7Generator()
  let offset = 0
  let measuredAt = 0
  const time: DbTime = {
    now: () => {
      // a step of the local clock must not outlive half a minute
      if (performance.now() - measuredAt > 30_000) {
        measuredAt = performance.now()
        time.measure().catch(() => {})
      }
      return Date.now() + offset
    },
    id: () => generator.generateOrResetCore(Math.max(0, time.now()), 10_000).toString(),
    measure: async () => {
      const sent = Date.now()
      const { rows } = await pool.query<{ now: string }>('select extract(epoch from clock_timestamp()) * 1000 as now')
      const received = Date.now()
      offset = Math.round(Number(rows[0]!.now) - (sent + received) / 2)
      measuredAt = performance.now()
    },
  }
  await time.measure()
  return time
}
