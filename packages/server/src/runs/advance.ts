import { readAutomations } from '../automations/compiled.ts'
import { setAlarms } from '../dates/alarms.ts'
import { alarmsOf } from '../dates/note.ts'
import type { Client } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { together } from '../db/together.ts'
import { claimEvents, deleteClaimed } from '../events/claim.ts'
import { failpoint } from '../failpoints.ts'
import { WriteBatch } from '../records/write-batch.ts'
import type { Actors, Batch, EffectRoom } from './batch.ts'
import { claimDueRuns, lockRuns } from './claim.ts'
import { goOn } from './go-on.ts'
import type { LiveRun } from './live-run.ts'
import { flagLoops } from './loop-guard.ts'
import { noticeEvents } from './notice-events.ts'
import { saveRuns } from './save.ts'
import { passTurns } from './serial.ts'
import { type EffectOutcome, settledBy } from './settle.ts'
import { startRuns } from './start-runs.ts'
import { choose } from './suspects.ts'
import { actorsOf, type Failing, Work } from './work.ts'

/** What a batch takes in and how far it may go. */
export interface AdvanceOptions {
  workerId: string
  room: EffectRoom
  outcomes: readonly EffectOutcome[]
  eventLimit: number
  dueLimit: number
  /** whose turn it is, where a claim has both rows that a worker died on and others; default: the suspects' */
  turn?: 'suspects' | 'sound'
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

export interface Advanced {
  /** events and runs taken up */
  taken: number
  /** rows seen but left, for another relay, a locked record, or for want of budget */
  left: number
  /** of these, those that wait for a batch of their kind: suspicious ones for theirs, or sound ones for theirs */
  putOff: number
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
  /** something suspicious went alone */
  suspects: boolean
  /** … and the effects' outcomes are still to be settled */
  deferredOutcomes: boolean
}

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
  const { rows, outcomes } = settledBy(options.workerId, taken[0], options.outcomes)
  const made = (some: readonly EffectOutcome[]) => some.filter(({ result }) => result.kind !== 'unbegun').length
  const lateOutcomes = made(options.outcomes) - made(outcomes)
  const settling = new Set(rows.map(({ id }) => id))
  // a lease that lapsed just now, while its outcome is here
  const allDue = taken[1].filter(({ id }) => !settling.has(id))
  const events = taken[2]
  // one of them may have killed its worker: they go by themselves
  const { due, claimed, suspects } = choose(allDue, events.claimed, options.turn ?? 'suspects', rows.length > 0)
  const settled = suspects ? [] : rows
  const putOff = allDue.length + events.claimed.length - due.length - claimed.length
  const left = events.left + putOff
  const deferredOutcomes = suspects && options.outcomes.length > 0
  if (settled.length + due.length + claimed.length === 0)
    return {
      taken: 0,
      left,
      putOff,
      suspects,
      held: [],
      leased: [],
      runs: [],
      takeovers: 0,
      lateOutcomes,
      deferredOutcomes,
    }
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
  const work = new Work(batch, workspaces, options.fail)
  await noticeEvents(work, claimed)
  await goOn(work, settled, due, outcomes)
  await startRuns(work, claimed)
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
    putOff,
    suspects,
    held: work.held,
    leased: work.runs.filter((run) => run.leaseBy === options.workerId && run.waitReason === 'effect'),
    runs: work.runs,
    takeovers: due.filter(({ wait_reason, lease_by }) => wait_reason === 'effect' && lease_by !== null).length,
    lateOutcomes: deferredOutcomes ? 0 : lateOutcomes,
    deferredOutcomes,
  }
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
