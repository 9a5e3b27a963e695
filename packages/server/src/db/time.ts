import { randomFillSync } from 'node:crypto'
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
  /** The database has just said that its clock is past this moment (epoch ms): ours isn't behind it any longer. */
  atLeast(ms: number): void
}

const RANDOM_NUMBERS = 1_024

/** Random numbers of 32 bits for ids, asked of the system a thousand at a time: it takes as long as one. */
function createRandom(): { nextUint32(): number } {
  const numbers = new Uint32Array(RANDOM_NUMBERS)
  let next = RANDOM_NUMBERS
  return {
    nextUint32: () => {
      if (next === RANDOM_NUMBERS) {
        randomFillSync(numbers)
        next = 0
      }
      return numbers[next++]!
    },
  }
}

/** A round trip so short, in ms, needs no second look. */
const SHORT_MS = 2
const LOOKS = 5

/** Measures the offset to the database's clock: the middle of a round trip, of several the shortest. */
export async function createDbTime(pool: Pool): Promise<DbTime> {
  const generator = new V7Generator(createRandom())
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
      let shortest = Number.POSITIVE_INFINITY
      for (let look = 0; look < LOOKS && shortest > SHORT_MS; look++) {
        const sent = Date.now()
        const { rows } = await pool.query<{ now: string }>('select extract(epoch from clock_timestamp()) * 1000 as now')
        const received = Date.now()
        if (received - sent >= shortest) continue
        shortest = received - sent
        offset = Math.round(Number(rows[0]!.now) - (sent + received) / 2)
      }
      measuredAt = performance.now()
    },
    atLeast: (ms) => {
      offset = Math.max(offset, Math.ceil(ms - Date.now()))
    },
  }
  await time.measure()
  return time
}
