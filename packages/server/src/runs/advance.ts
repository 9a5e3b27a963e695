import type { CrmEvent } from '@kantos/model'
import { matchEvent } from '@kantos/model'
import { readActors } from '../accounts/actors.ts'
import { readAutomations, type WorkspaceAutomations } from '../automations/compiled.ts'
import { setAlarms } from '../dates/alarms.ts'
import { alarmsOf } from '../dates/note.ts'
import type { Client } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { together } from '../db/together.ts'
import { type ClaimedEvent, claimEvents, deleteClaimed } from '../events/claim.ts'
import { failpoint } from '../failpoints.ts'
import { WriteBatch } from '../records/write-batch.ts'
import type { Actors, Batch, EffectRoom } from './batch.ts'
import { claimDueRuns, lockRuns } from './claim.ts'
import { driveRun, endRun, park, parkHeld } from './drive.ts'
import { Enrolling } from './enrol.ts'
import { judge } from './judge.ts'
import type { LiveRun } from './live-run.ts'
import { countChains, flagLoops, loopOf } from './loop-guard.ts'
import { liveRun, type RunRow } from './row.ts'
import { saveRuns } from './save.ts'
import { occupiedTurns, passTurns } from './serial.ts'
import { type EffectOutcome, failRun, noteLost, noteMade, settleEffect, takeUp } from './settle.ts'
import { newRun } from './start.ts'
import { beginWait, exitRun, judgeExit, lockWatching, notice, overtaken } from './watch.ts'

/** What a batch takes in and how far it may go. */
export interface AdvanceOptions {
  workerId: string
  room: EffectRoom
  outcomes: readonly EffectOutcome[]
  eventLimit: number
  dueLimit: number
  /** planning stops after this long; what isn't begun stays where it was */
  budgetMs: number
  maxCommands: number
  /** waits for locked records (an event that missed its record several times), instead of leaving it for later */
  waitForLocks: boolean
  /** what failed the last time, alone: it is ended with this message instead of being run */
  fail: Failing | null
  /** called with what was claimed, before any of it runs */
  claimed(seqs: readonly number[], runIds: readonly string[]): Promise<void>
}

/** An event or a run that nothing can be done about, and why. */
export interface Failing {
  message: string
  seqs: readonly number[]
  runIds: readonly string[]
}

export interface Advanced {
  /** events and runs taken up */
  taken: number
  /** rows seen but left, for another relay, a locked record, or for want of budget */
  left: number
  /** seqs of events left because somebody else holds their record */
  held: number[]
  /** runs whose effects this worker has leased: to be performed once the transaction is committed */
  leased: LiveRun[]
  /** the runs that were written */
  runs: LiveRun[]
  /** runs taken over from a worker whose lease had lapsed */
  takeovers: number
  /** outcomes that came too late: their runs had been taken over, cancelled or resumed */
  lateOutcomes: number
  /** something suspicious went alone: the effects' outcomes are still to be settled */
  deferredOutcomes: boolean
}

/** What somebody else holds is looked at again after this. */
const HELD_MS = 5
/** The limits' reason for a quarantined event. Source: DESIGN.md, section 7 */
const POISON_TRIES = 3
/** so many go together after they saw one worker die */
const SUSPECTS = 16

/**
 * One batch, inside the caller's transaction: new events, runs that came due and effects that ended are claimed, matched,
 * judged, planned and applied, and everything is written together: records, their events, runs, and the rows that gave the
 * right to do it.
 *
 * Source: DESIGN.md, sections 2 to 7
 */
export async function advance(client: Client, time: DbTime, options: AdvanceOptions): Promise<Advanced> {
  const taken = await together([
    lockRuns(
      client,
      options.outcomes.map((outcome) => ({ workspaceId: outcome.workspaceId, id: outcome.runId, rev: outcome.rev })),
    ),
    options.dueLimit > 0 ? claimDueRuns(client, options.dueLimit) : [],
    options.eventLimit > 0 ? claimEvents(client, options.eventLimit) : { claimed: [], left: 0 },
  ])
  let [settled] = taken
  const lateOutcomes = options.outcomes.length - settled.length
  const settling = new Set(settled.map(({ id }) => id))
  // a lease that lapsed just now, while its outcome is here
  let due = taken[1].filter(({ id }) => !settling.has(id))
  let { claimed, left } = taken[2]
  const suspect = suspectOf(due, claimed)
  if (suspect !== null) {
    // one of them may have killed its worker: they go by themselves
    left += claimed.length + due.length - suspect.due.length - suspect.claimed.length
    settled = []
    due = suspect.due
    claimed = suspect.claimed
  }
  const deferredOutcomes = suspect !== null && options.outcomes.length > 0
  if (settled.length + due.length + claimed.length === 0)
    return { taken: 0, left, held: [], leased: [], runs: [], takeovers: 0, lateOutcomes, deferredOutcomes }
  const marked = options.claimed(
    claimed.map(({ seq }) => seq),
    [...settled, ...due].map(({ id }) => id),
  )
  // it fails while something else is awaited; `await marked` tells
  marked.catch(() => {})
  const workspaceIds = new Set<string>()
  for (const { event } of claimed) workspaceIds.add(event.workspaceId)
  for (const row of [...settled, ...due]) workspaceIds.add(row.workspace_id)
  const workspaces = await readAutomations(client, [...workspaceIds])
  const batch = newBatch(client, time, options, await actorsOf(client, workspaces, claimed, [...settled, ...due]))
  await marked
  failpoint('after_claim')
  const work = new Work(batch, workspaces, options)
  await work.notice(claimed)
  await work.resume(settled, due)
  await work.start(claimed)
  const begun = new Set(work.begun)
  const dates = alarmsOf(
    claimed.filter(({ seq }) => begun.has(seq)).map(({ event }) => event),
    (workspaceId, object) => workspaces.get(workspaceId)?.dated(object) ?? [],
  )
  await together([
    batch.writes.flush(),
    saveRuns(client, work.runs),
    flagLoops(
      client,
      work.runs.filter((run) => run.status === 'blocked'),
      time.now(),
    ),
    deleteClaimed(client, work.begun),
    setAlarms(client, dates),
    work.enrolling.write(),
  ])
  await passTurns(client, work.runs)
  return {
    taken: work.begun.length + settled.length + due.length,
    left: left + claimed.length - work.begun.length,
    held: work.held,
    leased: work.runs.filter((run) => run.leaseBy === options.workerId && run.waitReason === 'effect'),
    runs: work.runs,
    takeovers: due.filter(({ wait_reason, lease_by }) => wait_reason === 'effect' && lease_by !== null).length,
    lateOutcomes: deferredOutcomes ? 0 : lateOutcomes,
    deferredOutcomes,
  }
}

/**
 * Rows whose worker died on them, by themselves: a few of those that saw it once, else one that saw it again; null when there is none. Of a few
 * that stop their worker, each goes alone the next time, so the one that does it is found at its third worker, and the hundreds
 * that a batch had claimed beside it are through in some dozens of batches.
 */
function suspectOf(
  due: readonly RunRow[],
  claimed: readonly ClaimedEvent[],
): { due: RunRow[]; claimed: ClaimedEvent[] } | null {
  if (due.length + claimed.length <= 1) return null
  const runs = due.filter(({ tries }) => tries === 1).slice(0, SUSPECTS)
  if (runs.length > 0) return { due: runs, claimed: [] }
  const here = new Set(claimed.map(({ seq }) => seq))
  const taken = new Set<number>()
  // never a record's later event before its earlier one
  const first = ({ previousSeq }: ClaimedEvent) =>
    previousSeq === null || !here.has(previousSeq) || taken.has(previousSeq)
  const events = claimed.filter((event) => {
    if (event.tries !== 1 || taken.size === SUSPECTS || !first(event)) return false
    taken.add(event.seq)
    return true
  })
  if (events.length > 0) return { due: [], claimed: events }
  const run = due.find(({ tries }) => (tries ?? 0) > 1)
  if (run !== undefined) return { due: [run], claimed: [] }
  const event = claimed.find((candidate) => candidate.tries > 0 && first(candidate))
  return event === undefined ? null : { due: [], claimed: [event] }
}

function newBatch(db: Client, time: DbTime, options: AdvanceOptions, actors: Actors): Batch {
  let until = performance.now() + options.budgetMs
  let commands = 0
  return {
    db,
    time,
    writes: new WriteBatch(db, time, options.waitForLocks ? 'wait' : 'skip'),
    workerId: options.workerId,
    room: options.room,
    actors,
    restartBudget: () => {
      until = performance.now() + options.budgetMs
    },
    hasBudget: () => commands < options.maxCommands && performance.now() < until,
    hasBegun: () => commands > 0,
    spend: () => {
      commands += 1
    },
  }
}

/** Who caused the events, read only when a template names `user`. */
async function actorsOf(
  db: Client,
  workspaces: ReadonlyMap<string, WorkspaceAutomations>,
  claimed: readonly ClaimedEvent[],
  rows: readonly RunRow[],
): Promise<Actors> {
  const wanted = new Map<string, string>()
  for (const { event } of claimed) {
    if (event.actor === null || event.source === 'automation') continue
    const listening = workspaces.get(event.workspaceId)?.listening(event.type, event.object) ?? []
    if (listening.some((automation) => automation.compiled()?.readsUser)) wanted.set(event.actor, event.workspaceId)
  }
  for (const row of rows) {
    if (!row.trigger?.actor) continue
    const active = workspaces.get(row.workspace_id)?.byId.get(row.automation_id)
    // an older version may name the user where the newest doesn't
    const reads = active === undefined || active.version !== row.version || active.compiled()?.readsUser !== false
    if (reads) wanted.set(row.trigger.actor, row.workspace_id)
  }
  return readActors(db, wanted)
}

class Work {
  readonly runs: LiveRun[] = []
  /** seqs of the events taken up */
  readonly begun: number[] = []
  readonly held: number[] = []
  readonly enrolling: Enrolling
  /** watching runs that an event has changed: they go on with the next batch */
  private readonly noticed = new Set<string>()
  /** records of which a watching run is in another transaction's hands */
  private contested: ReadonlySet<string> = new Set()
  private readonly batch: Batch
  private readonly workspaces: ReadonlyMap<string, WorkspaceAutomations>
  private readonly options: AdvanceOptions

  constructor(batch: Batch, workspaces: ReadonlyMap<string, WorkspaceAutomations>, options: AdvanceOptions) {
    this.batch = batch
    this.workspaces = workspaces
    this.options = options
    this.enrolling = new Enrolling(batch.db, this.runs)
  }

  /** Takes the events to the runs that watch their records: some end, some are due now. */
  async notice(claimed: readonly ClaimedEvent[]): Promise<void> {
    const { rows, contested } = await lockWatching(this.batch.db, claimed)
    this.contested = contested
    for (const row of rows) {
      if (this.workspaces.get(row.workspace_id)!.held) continue
      const run = liveRun(row, await this.compiled(row))
      for (const entry of claimed) {
        const { event } = entry
        if (event.recordId !== run.recordId || event.workspaceId !== run.workspaceId) continue
        if (!(await this.noticeOne(run, entry))) continue
        this.runs.push(run)
        this.noticed.add(run.id)
        break
      }
    }
  }

  /** An event that nothing can be done about ends the run that it would wake, unless that much can be done. */
  private async noticeOne(run: LiveRun, entry: ClaimedEvent): Promise<boolean> {
    const { fail } = this.options
    if (fail?.seqs.includes(entry.seq) !== true) return notice(this.batch, run, entry)
    await this.batch.db.query('savepoint notice')
    try {
      return await notice(this.batch, run, entry)
    } catch {
      await this.batch.db.query('rollback to savepoint notice')
      failRun(this.batch, run, { code: 'INTERNAL', message: fail.message })
      return true
    }
  }

  private compiled(row: RunRow): Promise<LiveRun['compiled']> {
    return this.workspaces.get(row.workspace_id)!.version(this.batch.db, row.automation_id, row.version)
  }

  /** Takes up runs that had begun before: effects that ended, waits that are over, starts by hand. */
  async resume(settled: readonly RunRow[], due: readonly RunRow[]): Promise<void> {
    const outcomes = new Map(this.options.outcomes.map((outcome) => [outcome.runId, outcome]))
    const going: LiveRun[] = []
    const early = await overtaken(this.batch.db, due)
    for (const row of [...settled, ...due]) {
      if (this.noticed.has(row.id)) continue
      const workspace = this.workspaces.get(row.workspace_id)!
      const outcome = outcomes.get(row.id)
      // put on hold since it was claimed
      if (workspace.held && outcome === undefined) continue
      const run = liveRun(row, await this.compiled(row))
      this.runs.push(run)
      if (early.has(run.id)) {
        run.dueAt = this.batch.time.now() + HELD_MS
        continue
      }
      if (this.options.fail?.runIds.includes(run.id)) {
        this.noteAttempt(run, outcome)
        failRun(this.batch, run, { code: 'INTERNAL', message: this.options.fail.message })
        continue
      }
      if (run.tries >= POISON_TRIES) {
        this.noteAttempt(run, outcome)
        failRun(this.batch, run, {
          code: 'POISON',
          message: `This run stopped its worker ${run.tries} times, so it was set aside.`,
        })
        continue
      }
      run.tries = 0
      if (run.compiled === null) {
        this.noteAttempt(run, outcome)
        failRun(this.batch, run, { code: 'EXPRESSION', message: 'This version can not be run any more.' })
        continue
      }
      if (run.watches === true) {
        run.watches = false
        const exit = run.cancelRequested ? null : await judgeExit(this.batch, run, null)
        if (exit?.passed === true) {
          exitRun(this.batch, run, exit)
          continue
        }
      }
      const goesOn = outcome === undefined ? takeUp(this.batch, run) : settleEffect(this.batch, run, outcome)
      if (!goesOn) {
        if (run.status === 'waiting') await beginWait(this.batch, run)
        continue
      }
      if (workspace.held) park(run, 'held', this.batch.time.now())
      else going.push(run)
    }
    await this.lockRecords(going)
    const enrolling = going.filter((run) => run.unjudged && run.compiled?.document.enrolment !== undefined)
    for (const run of enrolling) await this.judgeQueued(run)
    await this.enrolling.prepare(enrolling.filter(({ finishedAt }) => finishedAt === null))
    const asked = new Set(enrolling)
    // what the database took to answer isn't planning
    this.batch.restartBudget()
    for (const run of going) {
      const workspace = this.workspaces.get(run.workspaceId)!
      if (asked.has(run)) {
        if (run.finishedAt !== null) continue
        if (this.enrolling.contested(run)) {
          run.unjudged = true
          parkHeld(run, this.batch.time.now())
          continue
        }
        if (!this.enrolling.takes(run, this.batch.time.now())) continue
      }
      if (run.unjudged && !(await this.judgeQueued(run))) continue
      if (this.isHeld(run)) parkHeld(run, this.batch.time.now())
      else await driveRun(this.batch, workspace, run)
    }
  }

  /** An attempt that was made, or may have been, stands in the log, also where the run ends for another reason. */
  private noteAttempt(run: LiveRun, outcome: EffectOutcome | undefined): void {
    if (outcome === undefined) noteLost(this.batch, run)
    else noteMade(run, outcome)
  }

  private async judgeQueued(run: LiveRun): Promise<boolean> {
    if (await judge(this.batch, run)) return true
    endRun(run, 'skipped', this.batch.time.now())
    return false
  }

  /** Matches events, judges them and takes up the runs they start. */
  async start(claimed: readonly ClaimedEvent[]): Promise<void> {
    const planned: { entry: ClaimedEvent; runs: LiveRun[] }[] = []
    for (const entry of claimed) {
      if (planned.length > 0 && !this.batch.hasBudget()) break
      if (this.workspaces.get(entry.event.workspaceId)?.held === true) continue
      planned.push({ entry, runs: await this.judged(entry) })
    }
    const passing = planned.flatMap(({ runs }) => runs.filter((run) => run.status === 'running'))
    await this.blockLoops(passing)
    await this.enrolling.prepare(passing.filter(({ status }) => status === 'running'))
    const turns = await occupiedTurns(this.batch.db, passing)
    await this.lockRecords(passing)
    // what the database took to answer isn't planning
    this.batch.restartBudget()
    const leftRecords = new Set<string>()
    const leftRuns: LiveRun[] = []
    for (const { entry, runs } of planned) {
      const { event, seq } = entry
      const key = event.recordId
      const watched = key !== null && this.contested.has(event.workspaceId + key)
      const waits =
        watched ||
        runs.some(
          (run) =>
            run.status === 'running' && (this.isHeld(run) || turns.contested(run) || this.enrolling.contested(run)),
        )
      if ((key !== null && leftRecords.has(key)) || waits || (this.begun.length > 0 && !this.batch.hasBudget())) {
        // the later events of a record never go before its earlier ones
        if (key !== null) leftRecords.add(key)
        if (waits) this.held.push(seq)
        leftRuns.push(...runs)
        continue
      }
      this.begun.push(seq)
      for (const run of runs) {
        this.runs.push(run)
        if (run.status !== 'running') continue
        if (!this.enrolling.takes(run, this.batch.time.now())) {
          leftRuns.push(run)
          continue
        }
        if (turns.taken(run)) {
          park(run, 'turn', null)
          await beginWait(this.batch, run)
          continue
        }
        await driveRun(this.batch, this.workspaces.get(run.workspaceId)!, run)
        if (run.finishedAt === null) turns.take(run)
      }
    }
    const counted = new Set(passing)
    await countChains(
      this.batch.db,
      leftRuns.filter((run) => counted.has(run)),
      -1,
    )
  }

  /** The runs an event starts, their conditions judged; those that don't pass have ended already. */
  private async judged({ event, tries, seq }: ClaimedEvent): Promise<LiveRun[]> {
    const workspace = this.workspaces.get(event.workspaceId)
    if (workspace === undefined) return []
    const runs: LiveRun[] = []
    for (const automation of listenersOf(workspace, event)) {
      if (!matchEvent(event, automation.listener).matches) continue
      const run = newRun(this.batch, event, automation)
      runs.push(run)
      const now = this.batch.time.now()
      const loop = loopOf(run, workspace.limits)
      if (this.options.fail?.seqs.includes(seq))
        endRun(run, 'failed', now, { code: 'INTERNAL', message: this.options.fail.message })
      else if (tries >= POISON_TRIES)
        endRun(run, 'failed', now, {
          code: 'POISON',
          message: `This event stopped its worker ${tries} times, so it was set aside. Replay the run to try again.`,
        })
      else if (run.compiled === null)
        endRun(run, 'failed', now, { code: 'EXPRESSION', message: automation.problem() ?? 'It can not be run.' })
      else if (!(await judge(this.batch, run))) endRun(run, 'skipped', now)
      // only what would run is a loop: a condition that ends it is how users are told to guard
      else if (loop !== null) endRun(run, 'blocked', now, { code: 'LOOP', message: loop })
    }
    return runs
  }

  private async blockLoops(runs: readonly LiveRun[]): Promise<void> {
    const after = await countChains(this.batch.db, runs)
    if (after.size === 0) return
    const counting = runs.filter(({ chain }) => chain.depth > 1 && after.has(chain.id)).toReversed()
    const places = new Map<string, number>()
    for (const run of counting) {
      const place = places.get(run.chain.id) ?? after.get(run.chain.id)!
      places.set(run.chain.id, place - 1)
      const max = this.workspaces.get(run.workspaceId)!.limits.max_per_chain
      if (place > max)
        endRun(run, 'blocked', this.batch.time.now(), {
          code: 'LOOP',
          message: `This is run ${place} that its chain has caused; at most ${max} are allowed.`,
        })
    }
  }

  /** Reads the records the runs begin with: locked, in one sorted statement, where the automation writes them. */
  private async lockRecords(runs: readonly LiveRun[]): Promise<void> {
    const ids = (wanted: (run: LiveRun) => boolean) =>
      runs.flatMap((run) =>
        run.recordId !== null && run.event.type !== 'record.deleted' && wanted(run)
          ? [{ workspaceId: run.workspaceId, id: run.recordId }]
          : [],
      )
    const held = await this.batch.writes.read(ids(locksRecord), true)
    for (const id of held) this.heldRecords.add(id)
    await this.batch.writes.read(
      ids((run) => run.compiled?.readsRecord === true && !this.heldRecords.has(run.recordId!)),
      false,
    )
  }

  private readonly heldRecords = new Set<string>()

  private isHeld(run: LiveRun): boolean {
    return run.recordId !== null && locksRecord(run) && this.heldRecords.has(run.recordId)
  }
}

/** It may write the record, or wait for what happens to it: nobody else does in between. */
function locksRecord({ compiled }: LiveRun): boolean {
  return compiled?.writesRecord === true || compiled?.watchesRecord === true
}

function listenersOf(workspace: WorkspaceAutomations, event: CrmEvent) {
  if (event.automationId === null) return workspace.listening(event.type, event.object)
  const only = workspace.byId.get(event.automationId)
  return only === undefined ? [] : [only]
}
