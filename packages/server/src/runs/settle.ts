import {
  type Attempt,
  type ErrorKind,
  finishedStep,
  mayRetry,
  retryDelayMs,
  type RetryRule,
  type RunErrorCode,
  type StepOutcome,
} from '@kantos/model'
import { failpoint } from '../failpoints.ts'
import type { Batch } from './batch.ts'
import { endRun, endWait, finishStep, park, parkForEffect } from './drive.ts'
import type { LiveRun } from './live-run.ts'
import type { RunRow } from './row.ts'

/** How an attempt of an effect ended, on its way back to the run. */
export interface EffectOutcome {
  workspaceId: string
  runId: string
  /** the row's number under the lease: whoever changed it since was faster */
  rev: number
  attempt: Attempt
  result:
    | { kind: 'done'; output: unknown; logged?: unknown }
    | {
        kind: 'failed'
        error: { code: RunErrorCode; message: string; kind: ErrorKind }
        /** never again, whatever the action's rule */
        permanent: boolean
        transient: boolean
        retryAfterMs?: number
        /** the last answer, as the step's output */
        output?: unknown
      }
    /** not performed; another look later */
    | { kind: 'released' }
    /** not begun: whether the batch that leased it (`OpenStep.lease`) was committed is unknown */
    | { kind: 'unbegun'; lease: number }
}

/**
 * The outcome of an effect that was leased by a batch whose commit got no answer, and so was not begun.
 *
 * @param rev as the batch has written it, if it has
 * @param lease the batch's number
 */
export function unbegun(
  { workspaceId, id, rev }: Pick<LiveRun, 'workspaceId' | 'id' | 'rev'>,
  lease: number,
  atMs: number,
): EffectOutcome {
  const at = new Date(atMs).toISOString()
  const attempt = { attempt: 0, started_at: at, finished_at: at }
  return { workspaceId, runId: id, rev: rev!, attempt, result: { kind: 'unbegun', lease } }
}

/** An outcome with the row of its run. */
export interface Settled {
  rows: RunRow[]
  outcomes: EffectOutcome[]
}

/**
 * Which outcomes count, of runs that were found with the outcome's `rev` and are locked: one for each.
 *
 * That an effect was not begun counts only while its row bears the very lease that was in doubt: this worker's, of that batch. Were the batch
 * rolled back, the same `rev` may be another's lease, or another batch's of ours, whose effect is under way.
 */
export function settledBy(workerId: string, found: readonly RunRow[], outcomes: readonly EffectOutcome[]): Settled {
  const settled: Settled = { rows: [], outcomes: [] }
  const rows = new Map(found.map((row) => [row.id, row]))
  const chosen = new Map<string, EffectOutcome>()
  for (const outcome of outcomes) {
    const row = rows.get(outcome.runId)
    if (row === undefined || row.rev !== outcome.rev) continue
    const { result } = outcome
    if (result.kind !== 'unbegun') chosen.set(row.id, outcome)
    else if (!chosen.has(row.id) && row.lease_by === workerId && row.state?.open?.lease === result.lease)
      chosen.set(row.id, outcome)
  }
  for (const [id, outcome] of chosen) {
    settled.rows.push(rows.get(id)!)
    settled.outcomes.push(outcome)
  }
  return settled
}

const RELEASED_MS = 1_000
const LOST_LIMIT = 3

/**
 * Takes an effect's outcome into its run.
 *
 * @returns whether the run goes on now
 */
export function settleEffect(batch: Batch, run: LiveRun, { attempt, result }: EffectOutcome): boolean {
  const open = run.open
  if (open === null || open.command.kind !== 'effect') return false
  failpoint('settle')
  const now = batch.time.now()
  if (result.kind === 'unbegun') {
    if (run.cancelRequested) return cancelNow(batch, run)
    parkForEffect(batch, run)
    return false
  }
  if (result.kind === 'released') {
    if (run.cancelRequested) return cancelNow(batch, run)
    park(run, 'effect', now + RELEASED_MS)
    return false
  }
  run.lost = 0
  open.attempts.push({ ...attempt, attempt: open.attempts.length + 1 })
  let outcome: StepOutcome
  if (result.kind === 'done') outcome = { status: 'succeeded', output: result.output, logged: result.logged }
  else {
    const next = nextAttempt(run, open.command.retry, attemptsMade(open.attempts), result)
    if (typeof next === 'number') {
      park(run, 'retry', now + next)
      return false
    }
    const error = { ...result.error, no_retry: next }
    outcome = { status: 'failed', output: result.output ?? null, error }
  }
  const cancelled = run.cancelRequested
  const ended = finishStep(batch, run, open.command, outcome, Date.parse(open.startedAt))
  if (cancelled) {
    endRun(run, 'cancelled', now)
    return false
  }
  return !ended
}

/** In how many milliseconds a failed effect is tried again, or why it isn't, in words. */
function nextAttempt(
  run: LiveRun,
  rule: RetryRule,
  attempts: number,
  failure: Extract<EffectOutcome['result'], { kind: 'failed' }>,
): number | string {
  const retries = rule.delaysSeconds.length
  if (run.cancelRequested) return 'The run was cancelled.'
  if (failure.permanent) return 'It would fail the same way again.'
  if (!mayRetry(rule, failure)) return 'Permanent, and only transient failures are retried (retry.on).'
  const worth = failure.transient ? 'It is worth another try, but ' : ''
  if (retries === 0) return sentence(`${worth}no retries are set (retry.delays_seconds).`)
  const delay = retryDelayMs(attempts, rule.delaysSeconds, Math.random(), failure.retryAfterMs)
  return delay ?? sentence(`${worth}${retries === 1 ? 'its one retry was' : `all ${retries} retries were`} made.`)
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Attempts that count against the retries: those lost with their worker don't. */
function attemptsMade(attempts: readonly Attempt[]): number {
  return Math.max(1, attempts.filter(({ error }) => error?.code !== 'WORKER_LOST').length)
}

/**
 * Takes up a live run that has come due.
 *
 * @returns whether it goes on now; false when it is parked again or has ended
 */
export function takeUp(batch: Batch, run: LiveRun): boolean {
  const { open } = run
  const reason = run.waitReason
  if (run.cancelRequested) {
    noteLost(batch, run)
    return cancelNow(batch, run)
  }
  if (open === null) return true
  if (open.then !== undefined) {
    park(run, open.then.reason, open.then.dueAt)
    open.then = undefined
    return false
  }
  if (open.command.kind === 'wait') {
    failpoint('wait_fire')
    // it was claimed by the database's clock, and the log mustn't say that it ended before its time
    if (run.dueAt !== null) batch.time.atLeast(run.dueAt)
    const { command, startedAt } = open
    const early = run.dueAt !== null && run.dueAt < Date.parse(command.until)
    return !endWait(batch, run, command, early, Date.parse(startedAt))
  }
  if (reason === 'effect' && run.leaseBy !== null) {
    const lost = takeOver(batch, run)
    if (lost !== null) return lost
  }
  parkForEffect(batch, run)
  return false
}

/**
 * Logs the attempt of a worker that held the lease and is silent: it may have been made, so it stands in the log however the
 * run goes on or ends. Does nothing where nobody held one.
 */
export function noteLost(batch: Pick<Batch, 'time'>, { open, waitReason, leaseBy }: LiveRun): void {
  if (open === null || waitReason !== 'effect' || leaseBy === null) return
  open.attempts.push({
    attempt: open.attempts.length + 1,
    started_at: open.leasedAt ?? open.startedAt,
    finished_at: new Date(batch.time.now()).toISOString(),
    error: {
      code: 'WORKER_LOST',
      message: 'The worker died, or was silent for too long, while performing this attempt.',
      kind: 'transient',
    },
  })
}

/** Logs an attempt whose outcome can't be taken into its run, which ends for another reason: it was made all the same. */
export function noteMade(run: LiveRun, { attempt, result }: EffectOutcome): void {
  const { open } = run
  if (open === null || result.kind === 'released' || result.kind === 'unbegun') return
  const made = { ...attempt, attempt: open.attempts.length + 1 }
  // its words may be what can't be stored
  if (made.error !== undefined)
    made.error = { ...made.error, message: made.error.message.replaceAll('\0', '\uFFFD').toWellFormed() }
  open.attempts.push(made)
}

/** The worker that held the lease is silent. Null: the effect may be tried again. */
function takeOver(batch: Batch, run: LiveRun): boolean | null {
  const open = run.open!
  const command = open.command
  noteLost(batch, run)
  run.lost += 1
  const atMostOnce = command.kind === 'effect' && command.atMostOnce
  if (!atMostOnce && run.lost < LOST_LIMIT) return null
  const error = atMostOnce
    ? {
        code: 'DOUBTFUL' as const,
        message: 'The worker died while sending. Whether it was sent is unknown, and it must not be sent twice.',
      }
    : { code: 'WORKER_LOST' as const, message: `${LOST_LIMIT} workers died while performing this step.` }
  return !finishStep(batch, run, command, { status: 'failed', output: null, error }, Date.parse(open.startedAt))
}

/** Ends a run whose cancelling was asked for; its open step is logged as cancelled. */
export function cancelNow(batch: Pick<Batch, 'time'>, run: LiveRun): false {
  const now = batch.time.now()
  if (run.open !== null) {
    const { command, startedAt } = run.open
    // the state moves on with the step, but the run ends here whatever it says
    finishStep(batch, run, command, { status: 'cancelled', output: null }, Date.parse(startedAt))
  }
  endRun(run, 'cancelled', now)
  return false
}

/** Ends a run that can't be taken any further; its open step is logged as failed with the same reason. */
export function failRun(
  batch: Pick<Batch, 'time'>,
  run: LiveRun,
  error: { code: RunErrorCode; message: string },
): void {
  const now = batch.time.now()
  if (run.open === null) return endRun(run, 'failed', now, error)
  const { command, startedAt, attempts } = run.open
  const times = {
    startedAt,
    finishedAt: new Date(now).toISOString(),
    durationMs: Math.max(0, now - Date.parse(startedAt)),
  }
  // the state stays before the step, so that a retry begins with it
  run.steps.push(finishedStep(command.draft, { status: 'failed', output: null, error }, times, attempts))
  run.open = null
  endRun(run, 'failed', now, { ...error, step_key: command.draft.key })
}
