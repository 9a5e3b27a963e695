import { fillDates } from './dates/fill.ts'
import { fireDates } from './dates/fire.ts'
import { failpoint, testTime } from './failpoints.ts'
import { advanceEnlistments } from './enlist/advance.ts'
import { heldWorkspaces } from './holds/hold.ts'
import { engineMetrics } from './metrics/engine.ts'
import { createOutageLog, isOutage, type OutageLog } from './db/outage-log.ts'
import { acrossWorkspaces } from './db/walls.ts'
import { Presence } from './runs/presence.ts'
import { BACKLOG, Relay } from './runs/relay.ts'
import { sweepTurns } from './runs/serial.ts'
import { runDueSchedules } from './schedules/tick.ts'
import type { Services } from './services.ts'
import { Performer } from './steps/perform.ts'

const BEAT_MS = testTime('beatMs', 5_000)
const TICK_MS = 1_000
const SWEEP_MS = 10_000
/** one notice for all commits of so many milliseconds */
const NOTICE_MS = 5

export interface Worker {
  id: string
  /** when its relay last looked for work and got an answer; as `performance.now()` */
  lookedAt(): number
  /** there may be work: takes a look now, and tells the other processes, coalesced */
  wake(): void
  /** takes nothing new, lets what is under way end, and leaves; at most `graceMs` */
  stop(graceMs?: number): Promise<void>
}

/**
 * Starts a worker: the relay's loop, its effects, its beats and its schedules. Any number of them, in any number of
 * processes, share one database.
 */
export async function startWorker(given: Services): Promise<Worker> {
  const services: Services = Object.create(given, { pool: { value: acrossWorkspaces(given.pool) } })
  const { pool, time, clock, log } = services
  const metrics = engineMetrics(services)
  let relay: Relay | null = null
  const presence = new Presence(pool, log, () => relay?.poke())
  await presence.join()
  let held = await heldWorkspaces(pool)
  const performer = new Performer(services, (outcome) => relay!.settle(outcome), {
    isHeld: (workspaceId) => held.has(workspaceId),
    onEffect: metrics.effect,
  })
  const parts = { pool, time, clock, log, presence, performer }
  // while the database writes one batch, the other is planned
  const helper = new Relay({ ...parts, helps: true, onBatch: metrics.batch })
  relay = new Relay({
    ...parts,
    onBatch: (advanced, durationMs) => {
      metrics.batch(advanced, durationMs)
      if (advanced.taken >= BACKLOG) helper.poke()
    },
  })
  metrics.load(() => performer.load)
  const stopping = new AbortController()
  const outage = createOutageLog(log, LOOKS)
  const every = (ms: number, name: string, work: () => Promise<void>) =>
    repeat(ms, name, work, stopping.signal, services, outage)
  // who died before us may have left leases and suspects
  await presence.beat().catch((error: unknown) => log.warn({ err: error }, 'the first look for dead workers failed'))
  const loops = [
    relay.run(),
    helper.run(),
    every(BEAT_MS, 'beat', async () => {
      if (await presence.beat()) relay.poke()
    }),
    every(TICK_MS, 'holds', async () => {
      held = await heldWorkspaces(pool)
    }),
    every(TICK_MS, 'schedules', async () => {
      const { ticks } = await runDueSchedules(pool, time, () => wake())
      if (ticks > 0) relay.poke()
    }),
    every(TICK_MS, 'enlistments', async () => {
      if ((await advanceEnlistments(pool, time, () => wake())) > 0) relay.poke()
    }),
    every(TICK_MS, 'dates', async () => {
      if ((await fireDates(pool, time, log, () => wake())) > 0) relay.poke()
    }),
    every(TICK_MS, 'followed dates', async () => void (await fillDates(pool))),
    every(SWEEP_MS, 'turns', () => sweepTurns(pool)),
  ]
  let notice: NodeJS.Timeout | null = null
  const wake = () => {
    relay.poke()
    notice ??= setTimeout(() => {
      notice = null
      presence.notify().catch(() => {})
    }, NOTICE_MS)
  }
  return {
    id: presence.id,
    lookedAt: () => relay.lookedAt,
    wake,
    stop: async (graceMs = 10_000) => {
      stopping.abort()
      if (notice !== null) clearTimeout(notice)
      await performer.stop(graceMs * 0.8)
      failpoint('shutdown')
      relay.stop()
      helper.stop()
      await Promise.race([Promise.all(loops), clock.sleep(graceMs * 0.2)])
      await presence.leave()
    },
  }
}

const LOOKS = { first: 'a regular look failed; it is repeated', more: 'regular looks failed; they are repeated' }

/** Repeats a piece of work; a failure is logged and the next round comes all the same. */
async function repeat(
  ms: number,
  name: string,
  work: () => Promise<void>,
  signal: AbortSignal,
  { clock, log }: Services,
  outage: OutageLog,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work()
    } catch (error) {
      if (isOutage(error)) outage({ err: error, name })
      else log.warn({ err: error, name }, LOOKS.first)
    }
    await clock.sleep(ms, signal).catch(() => {})
  }
}
