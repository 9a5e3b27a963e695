import {
  type Command,
  finishedStep,
  type Lane,
  planNext,
  publicId,
  settle,
  type StepOutcome,
  uuidOf,
  waitEnd,
} from '@kantos/model'
import type { WorkspaceAutomations } from '../automations/compiled.ts'
import { testTime } from '../failpoints.ts'
import type { Cause } from '../records/write-batch.ts'
import { applyCommand } from '../steps/apply.ts'
import type { Batch, EffectCommand } from './batch.ts'
import type { LiveRun, WaitReason } from './live-run.ts'
import { isoTime } from './iso-time.ts'
import { viewOfRun } from './view.ts'
import { beginWait, exitRun, judgeExit } from './watch.ts'

/** A worker's effect must be over within this, or another takes the run over. */
export const LEASE_MS = testTime('leaseMs', 40_000)
/** A run that met a locked record looks again after this, and after twice as long each time that it meets it again. */
const HELD_MS = 5
const LONGEST_HELD_MS = 100
const MAX_PATH = 20

/**
 * Takes a run as far as it goes in this batch: its database steps are applied, and it ends, or is parked at a wait, an
 * effect, a record that somebody else holds, or the end of the batch's budget.
 */
export async function driveRun(batch: Batch, workspace: WorkspaceAutomations, run: LiveRun): Promise<void> {
  const { compiled } = run
  if (compiled === null) {
    endRun(run, 'failed', batch.time.now(), { code: 'EXPRESSION', message: 'This version can not be run any more.' })
    return
  }
  run.status = 'running'
  const view = viewOfRun(batch, run, batch.time.now())
  const cause = causeOf(run)
  for (;;) {
    if (batch.hasBegun() && !batch.hasBudget()) return park(run, 'held', batch.time.now())
    const startedAt = batch.time.now()
    const command = planNext(compiled, run.state, view)
    if (command.kind === 'end') return endRun(run, 'succeeded', batch.time.now())
    if (command.kind === 'need') {
      await readNeeds(batch, run.workspaceId, command.ids)
      continue
    }
    batch.spend()
    const target = command.kind === 'update' || command.kind === 'delete' ? uuidOf('record', command.recordId) : null
    if (target !== null && !batch.writes.isLocked(run.workspaceId, target)) {
      // what it writes was worked out from a row that may have changed since: once more, from the locked one
      const held = await batch.writes.read([{ workspaceId: run.workspaceId, id: target }], true)
      if (held.size > 0) return parkHeld(run, batch.time.now())
      if (batch.writes.get(run.workspaceId, target) !== null) continue
    }
    let outcome: StepOutcome
    if (command.kind === 'settled') outcome = command.outcome
    else if (command.kind === 'wait') {
      const until = Date.parse(command.until)
      const waits = until > batch.time.now()
      if (waits && run.mode === 'live') {
        run.open = { command, startedAt: new Date(startedAt).toISOString(), attempts: [] }
        park(run, command.awaits === undefined ? 'wait' : 'event', until)
        return beginWait(batch, run)
      }
      const exit = waits ? await judgeExit(batch, run, null) : null
      if (exit?.passed === true) {
        run.open = { command, startedAt: new Date(startedAt).toISOString(), attempts: [] }
        return exitRun(batch, run, exit)
      }
      if (run.mode === 'live') {
        if (endWait(batch, run, command, false, startedAt)) return
        continue
      }
      outcome = { status: 'skipped', output: skippedWait(command) }
    } else if (command.kind === 'effect') {
      if (run.mode !== 'live') outcome = shownEffect(batch, command)
      else {
        run.open = { command, startedAt: new Date(startedAt).toISOString(), attempts: [] }
        return parkForEffect(batch, run)
      }
    } else {
      const applying = applyCommand(batch.db, batch.writes, workspace.catalogue, command, cause, run.recordId)
      const applied = applying instanceof Promise ? await applying : applying
      if (applied === 'held') return parkHeld(run, batch.time.now())
      outcome = applied
    }
    if (finishStep(batch, run, command, outcome, startedAt)) return
  }
}

/**
 * Ends a wait that no event has ended.
 *
 * @param early somebody ended it by hand, before it was over
 * @returns whether the run has ended with it
 */
export function endWait(
  batch: Pick<Batch, 'time'>,
  run: LiveRun,
  command: Extract<Command, { kind: 'wait' }>,
  early: boolean,
  startedAtMs: number,
): boolean {
  const { outcome, stop } = waitEnd(command, early)
  const ending = stop ? { kind: 'settled' as const, draft: command.draft, outcome, stop } : command
  return finishStep(batch, run, ending, outcome, startedAtMs)
}

/** An effect that is only shown: it isn't sent, or fails as it would in earnest. */
function shownEffect({ room }: Batch, command: EffectCommand): StepOutcome {
  const message = room.refuses(command)
  if (message === null) return { status: 'not_sent', output: null }
  return { status: 'failed', output: null, error: { code: 'EGRESS_REFUSED', message } }
}

/** A wait that is only shown: what it waits for is taken to happen. */
function skippedWait({ until, awaits }: Extract<Command, { kind: 'wait' }>): object {
  return awaits === undefined ? { until } : { until, event: awaits.event, timed_out: false }
}

/**
 * Logs a step's outcome and moves the run on.
 *
 * @returns whether the run has ended with it
 */
export function finishStep(
  batch: Pick<Batch, 'time'>,
  run: LiveRun,
  command: Exclude<Command, { kind: 'end' } | { kind: 'need' }>,
  outcome: StepOutcome,
  startedAtMs: number,
): boolean {
  const finishedAt = batch.time.now()
  run.steps.push(
    finishedStep(
      command.draft,
      outcome,
      {
        startedAt: isoTime(startedAtMs),
        finishedAt: isoTime(finishedAt),
        durationMs: Math.max(0, finishedAt - startedAtMs),
      },
      run.open?.attempts ?? [],
    ),
  )
  run.open = null
  run.leaseBy = null
  run.lost = 0
  run.misses = 0
  const next = settle(run.compiled!, run.state, command, outcome)
  if (next === 'go_on') return false
  if (next === 'stopped') endRun(run, 'succeeded', finishedAt)
  else endRun(run, 'failed', finishedAt, next.failed)
  return true
}

/** Leaves the run where it stands until `dueAt` (epoch ms; null: until somebody wakes it). */
export function park(run: LiveRun, reason: WaitReason, dueAt: number | null): void {
  run.status =
    reason === 'wait' || reason === 'event' || reason === 'retry'
      ? 'waiting'
      : reason === 'queued' || reason === 'turn'
        ? 'queued'
        : 'running'
  run.waitReason = reason
  run.dueAt = dueAt
  run.leaseBy = null
}

/** How long a run that can't go on for now is left alone, in ms; each look rewrites its row, so they become rarer while it gets no further. */
export function heldPauseMs(run: LiveRun): number {
  const ms = Math.min(LONGEST_HELD_MS, HELD_MS * 2 ** Math.min(run.misses, 10))
  run.misses += 1
  return ms
}

/** Leaves a run whose record somebody else holds. */
export function parkHeld(run: LiveRun, nowMs: number): void {
  park(run, 'held', nowMs + heldPauseMs(run))
}

/**
 * Hands the open effect over: leased to this process if it has room, so that neither a second claim nor a wake-up is
 * needed; else to whoever claims it next.
 */
export function parkForEffect(batch: Pick<Batch, 'time' | 'room' | 'workerId'>, run: LiveRun): void {
  const now = batch.time.now()
  const room = batch.room.reserve(run)
  if (room.ok) {
    park(run, 'effect', now + LEASE_MS)
    run.leaseBy = batch.workerId
    run.open!.leasedAt = new Date(now).toISOString()
    run.open!.lease = room.lease
  } else {
    park(run, 'effect', now + Math.round(room.afterMs))
    run.open!.leasedAt = undefined
    run.open!.lease = undefined
  }
}

/** Ends a run. Terminal runs never change. */
export function endRun(
  run: LiveRun,
  status: 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'blocked',
  atMs: number,
  error: LiveRun['error'] = null,
): void {
  run.status = status
  run.finishedAt = isoTime(atMs)
  run.error = error
  run.waitReason = null
  run.dueAt = null
  run.leaseBy = null
}

/** Reads the records and users that a plan asked for; what can't be an id is known not to be one. */
export async function readNeeds(batch: Batch, workspaceId: string, ids: readonly string[]): Promise<void> {
  const wanted = ids.flatMap((id) => {
    const uuid = uuidOf('record', id)
    return uuid === null ? [] : [{ workspaceId, id: uuid }]
  })
  await batch.writes.read(wanted, false)
  await batch.writes.readUsers(workspaceId, ids)
}

/** What a run's writes carry: itself as the actor, its chain one link longer. */
function causeOf(run: LiveRun): Cause {
  return {
    actor: publicId('run', run.id),
    source: 'automation',
    lane: run.lane as Lane,
    chain: {
      id: run.chain.id,
      depth: run.chain.depth,
      path: [...run.chain.path, [run.automationId, run.recordId, run.id] as const].slice(-MAX_PATH),
    },
  }
}
