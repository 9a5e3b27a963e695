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
const MEASURE_EVERY_MS = 30_000
const MEASURE_AGAIN_MS = 1_000
/** the local clock was set, or slept, when it leaves the monotonic one by more at once; what keeps it in time moves it by 15 ms in 30 s */
const STEP_MS = 50

/**
 * Measures the offset to the database's clock: the middle of a round trip, of several the shortest.
 *
 * A step of the local clock is noticed at the next look at the time, since the process's monotonic clock doesn't take part in it:
 * time goes on without it, and whether the database's clock made it too is measured at once.
 */
export async function createDbTime(pool: Pool): Promise<DbTime> {
  const generator = new V7Generator(createRandom())
  let offset = 0
  let measureAt = 0
  /** local time less monotonic time */
  let distance = Date.now() - performance.now()
  const time: DbTime = {
    now: () => {
      const local = Date.now()
      const monotonic = performance.now()
      const step = local - monotonic - distance
      if (Math.abs(step) > STEP_MS) {
        offset -= step
        distance += step
        measureAt = 0
      }
      if (monotonic > measureAt) {
        measureAt = monotonic + MEASURE_AGAIN_MS
        time.measure().catch(() => {})
      }
      return Math.round(local + offset)
    },
    id: () => generator.generateOrResetCore(Math.max(0, time.now()), 10_000).toString(),
    measure: async () => {
      let shortest = Number.POSITIVE_INFINITY
      let measured = offset
      for (let look = 0; look < LOOKS && shortest > SHORT_MS; look++) {
        const sent = performance.now()
        const { rows } = await pool.query<{ now: string }>('select extract(epoch from clock_timestamp()) * 1000 as now')
        const received = performance.now()
        if (received - sent >= shortest) continue
        shortest = received - sent
        measured = Number(rows[0]!.now) - (sent + received) / 2
      }
      distance = Date.now() - performance.now()
      offset = Math.round(measured - distance)
      measureAt = performance.now() + MEASURE_EVERY_MS
    },
    atLeast: (ms) => {
      offset = Math.max(offset, Math.ceil(ms - Date.now()))
    },
  }
  await time.measure()
  return time
}
