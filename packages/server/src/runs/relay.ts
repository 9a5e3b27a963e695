import type { Logger } from 'pino'
import { DISCARD_PLANS, plansAreOld } from '../db/plans.ts'
import { classify } from '../db/states.ts'
import type { Client, Pool } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { failpoint } from '../failpoints.ts'
import type { Clock } from '../ports/clock.ts'
import type { Performer } from '../steps/perform.ts'
import { advance, type Advanced } from './advance.ts'
import { bury } from './bury.ts'
import type { EffectRoom } from './batch.ts'
import { nextDueAt } from './claim.ts'
import type { LiveRun } from './live-run.ts'
import { DeadWorkerFound, type Presence } from './presence.ts'
import { type EffectOutcome, unbegun } from './settle.ts'
import type { Failing } from './work.ts'

const FULL_BATCH = 500
const SMALL_BATCH = 32
/** a batch of so many rows is a sign of more to come */
export const BACKLOG = 64
/** batches of a steady load begin this far apart at least */
const PACE_MS = 4
const BUDGET_MS = 50
const MAX_COMMANDS = 2_000
/** the floor below notifications: a process that dies between its commit and its notice costs at most this */
const IDLE_POLL_MS = 500
/** a due run that can't be claimed is in another's hands */
const SOON_MS = 2
const HELPER_IDLE_MS = 60_000
/** rows were left for another relay, whose commit wakes nobody */
const LEFT_MS = 5
const MISSES_TO_WAIT = 3
/** how long a batch waits for a locked record, everybody else waiting with it, and the pauses in between */
const LOCK_TIMEOUT_MS = 500
const WAIT_PAUSES_MS = [500, 1_000, 2_000, 5_000]
const LOCK_NOT_AVAILABLE = '55P03'
const BACK_OFF_MS = [50, 100, 250, 500, 1_000, 2_000]
/** numbers a process's batches, so that each knows its leases */
let batches = 0

export interface RelayOptions {
  pool: Pool
  time: DbTime
  clock: Clock
  log: Logger
  presence: Presence
  performer: Performer
  /** works only while there is a backlog: it sleeps until it is poked */
  helps?: boolean
  onBatch?: (advanced: Advanced, durationMs: number) => void
}

/**
 * The loop that moves everything: batch after batch, each one transaction.
 *
 * - **full**: what is there is taken, up to 500 rows.
 * - **small**: after a batch failed by something in it, the next is half as large, down to one row at a time; the row that
 *   fails alone is ended with the reason, and the batches grow again.
 * - **waiting**: an event that found its record locked three times goes alone and waits for the lock, at most 0.5 s; if it
 *   doesn't get it, the others have their turn for a while.
 * - **backing off**: the database is away or refuses; nothing is lost, nobody's run fails.
 */
export class Relay {
  private readonly options: RelayOptions
  private readonly outcomes: EffectOutcome[] = []
  private readonly misses = new Map<number, number>()
  private client: Client | null = null
  private wakeUp: (() => void) | null = null
  private poked = false
  private stopping = false
  private limit = FULL_BATCH
  /** how much a batch claims: what the last ones got done in their time */
  private appetite = FULL_BATCH
  private turn = 0
  private lastTaken = 0
  /** what goes first where a batch has both rows that a worker died on and sound ones */
  private kind: 'suspects' | 'sound' = 'suspects'
  private failing: Failing | null = null
  private taken: Omit<Failing, 'message'> = { seqs: [], runIds: [] }
  private waitsInVain = 0
  private waitAgainAt = 0
  private failures = 0
  /** of them, those by something in the batch: that the database was away before says nothing against a row */
  private spoiled = 0
  private gotThroughAt = performance.now()

  constructor(options: RelayOptions) {
    this.options = options
  }

  /** There may be work. */
  poke(): void {
    this.poked = true
    this.wakeUp?.()
  }

  /** An effect has ended. */
  settle(outcome: EffectOutcome): void {
    this.outcomes.push(outcome)
    this.poke()
  }

  /** Ends the loop after the batch under way. */
  stop(): void {
    this.stopping = true
    this.poke()
  }

  /** when a batch last got through, also an empty one; as `performance.now()` */
  get lookedAt(): number {
    return this.gotThroughAt
  }

  get stopped(): boolean {
    return this.stopping
  }

  /** Runs until `stop`. Never rejects. */
  async run(): Promise<void> {
    while (!this.stopping || this.outcomes.length > 0) {
      this.poked = false
      const begunAt = performance.now()
      try {
        const done = await this.batch()
        this.failures = 0
        this.spoiled = 0
        this.gotThroughAt = performance.now()
        if (this.stopping) continue
        if (done.taken > 0) {
          await this.pace(done.taken, begunAt)
          continue
        }
        if (done.left > 0) await this.sleep(LEFT_MS)
        else await this.idle()
      } catch (error) {
        await this.recover(error)
        if (this.stopping && this.failures > 3) break
      }
    }
    this.client?.release()
    this.client = null
  }

  private async batch(): Promise<Advanced> {
    const { pool, presence, performer } = this.options
    const startedAt = performance.now()
    const alone = this.limit <= 1
    const wait =
      performance.now() >= this.waitAgainAt && [...this.misses.values()].some((count) => count >= MISSES_TO_WAIT)
    const outcomes = this.outcomes.splice(0, this.limit)
    this.taken = { seqs: [], runIds: [] }
    const reserved: LiveRun[] = []
    const lease = ++batches
    let committing = false
    const room: EffectRoom = {
      refuses: (command) => performer.refuses(command),
      reserve: (run) => {
        const place = performer.reserve(run)
        if (!place.ok) return place
        reserved.push(run)
        return { ok: true, lease }
      },
    }
    try {
      this.client ??= await pool.connect()
      const { client } = this
      const begin = client.query(
        'begin' +
          (plansAreOld(client, this.lastTaken) ? `; ${DISCARD_PLANS}` : '') +
          (wait ? `; set local lock_timeout = ${LOCK_TIMEOUT_MS}` : ''),
      )
      begin.catch(() => {})
      // alone, a batch takes either an effect's outcome, or a due run, or an event
      const turn = alone && outcomes.length === 0 ? this.turn % 2 : null
      const limit = wait ? 1 : Math.min(this.limit, this.appetite)
      const done = await advance(client, this.options.time, {
        workerId: presence.id,
        room,
        outcomes,
        eventLimit: (alone && outcomes.length > 0) || turn === 1 ? 0 : limit,
        dueLimit: (alone && outcomes.length > 0) || turn === 0 || wait ? 0 : limit,
        turn: this.kind,
        budgetMs: BUDGET_MS,
        maxCommands: MAX_COMMANDS,
        waitForLocks: wait,
        fail: this.failing,
        claimed: (seqs, runIds) => {
          this.taken = { seqs, runIds }
          // nothing is written before it is awaited, so nothing outside a transaction
          return begin.then(() => presence.claimed(this, seqs, runIds))
        },
      })
      failpoint('before_commit')
      committing = true
      await client.query('commit')
      failpoint('after_commit')
      if (done.deferredOutcomes) this.outcomes.unshift(...outcomes)
      for (const run of done.leased) performer.start(run)
      committing = false
      reserved.length = 0
      this.count(done, wait, alone)
      this.options.onBatch?.(done, performance.now() - startedAt)
      return done
    } catch (error) {
      for (const run of reserved) performer.release(run)
      this.outcomes.unshift(...outcomes)
      // who knows: what it leased, if it did, is to be begun, and not to wait until the lease lapses
      if (committing) for (const run of reserved) this.outcomes.push(unbegun(run, lease, this.options.time.now()))
      throw error
    }
  }

  private count(done: Advanced, wait: boolean, alone: boolean): void {
    this.lastTaken = done.taken
    if (wait) this.waitsInVain = 0
    if (wait || this.misses.size > 10_000) this.misses.clear()
    for (const seq of done.held) this.misses.set(seq, (this.misses.get(seq) ?? 0) + 1)
    if (this.misses.size > 0 && done.held.length === 0) this.misses.clear()
    this.failing = null
    // what is claimed and then left for want of time was claimed for nothing
    const cut = done.left > done.putOff && done.held.length === 0 && done.taken > 0
    this.kind = done.suspects ? 'sound' : 'suspects'
    this.appetite = Math.max(SMALL_BATCH, Math.min(FULL_BATCH, cut ? Math.ceil(done.taken * 1.5) : this.appetite * 2))
    if (alone) this.turn += 1
    if (this.limit < FULL_BATCH) this.limit = Math.min(FULL_BATCH, done.taken === 0 ? this.limit * 4 : this.limit * 2)
  }

  /** Rolls back and decides what a failure means for the next batch. */
  private async recover(error: unknown): Promise<void> {
    const { log } = this.options
    const client = this.client
    this.client = null
    let broken = true
    try {
      if (error instanceof DeadWorkerFound) await this.buryThose(client!, error.workerIds)
      // what took too long may have done so by its plan
      else await client?.query(`rollback; ${DISCARD_PLANS}`)
      broken = false
    } catch {
      // the connection is gone, and with it the transaction
    }
    if (broken) client?.release(true)
    else this.client = client
    if (error instanceof DeadWorkerFound) return
    const meaning = classify(error)
    if (meaning === 'data' || meaning === 'bug' || meaning === 'conflict') {
      const message = error instanceof Error ? error.message : String(error)
      log.error({ err: error, limit: this.limit }, 'a batch failed by something in it; it is taken in smaller parts')
      const alone = this.taken.seqs.length + this.taken.runIds.length <= 1
      if (alone && this.spoiled > 0) this.failing = { message: `It could not be run: ${message}`, ...this.taken }
      this.limit = Math.max(1, Math.floor(this.limit / 8))
      this.failures += 1
      this.spoiled += 1
      await this.sleep(5)
      return
    }
    if ((error as { code?: unknown }).code === LOCK_NOT_AVAILABLE) {
      this.waitAgainAt = performance.now() + WAIT_PAUSES_MS[Math.min(this.waitsInVain, WAIT_PAUSES_MS.length - 1)]!
      this.waitsInVain += 1
      this.misses.clear()
      return
    }
    const pause = BACK_OFF_MS[Math.min(this.failures, BACK_OFF_MS.length - 1)]!
    this.failures += 1
    if (meaning === 'unavailable') log.warn({ error: String(error), pause }, 'the database is away; trying again')
    await this.options.clock.sleep(meaning === 'retry' ? 5 + Math.random() * 20 : pause)
  }

  /** In the transaction that holds what they had claimed, so that nobody else does; nothing else was written in it. */
  private async buryThose(client: Client, workerIds: readonly string[]): Promise<void> {
    try {
      for (const id of workerIds) await bury(client, id)
      await client.query('commit')
    } catch {
      await client.query('rollback')
    }
  }

  /** Sleeps until something happens, a live run is due, or half a second has passed. */
  private async idle(): Promise<void> {
    if (this.poked) return
    let ms = this.options.helps === true ? HELPER_IDLE_MS : IDLE_POLL_MS
    if (this.options.helps !== true && this.client !== null) {
      const due = await nextDueAt(this.client)
      if (due !== null) ms = Math.min(ms, Math.max(SOON_MS, due - this.options.time.now()))
    }
    await this.sleep(ms)
  }

  /**
   * Lets a little come together under a steady load: a batch of five costs hardly more than a batch of one. What comes
   * after a rest, and a backlog, don't wait.
   */
  private async pace(taken: number, begunAt: number): Promise<void> {
    const left = PACE_MS - (performance.now() - begunAt)
    if (taken < BACKLOG && left > 0) await this.options.clock.sleep(left)
  }

  private async sleep(ms: number): Promise<void> {
    if (this.poked) return
    const controller = new AbortController()
    this.wakeUp = () => controller.abort()
    try {
      await this.options.clock.sleep(ms, controller.signal)
    } catch {
      // woken
    } finally {
      this.wakeUp = null
    }
  }
}
