import type { Batch } from './batch.ts'
import { driveRun, endRun, heldPauseMs, park, parkHeld } from './drive.ts'
import { judge } from './judge.ts'
import type { LiveRun } from './live-run.ts'
import { liveRun, type RunRow } from './row.ts'
import { type EffectOutcome, failRun, noteLost, noteMade, settleEffect, takeUp } from './settle.ts'
import { beginWait, exitRun, judgeExit, overtaken } from './watch.ts'
import { POISON_TRIES, type Work } from './work.ts'

/** Takes up runs that had begun before: effects that ended, waits that are over, starts by hand. */
export async function goOn(
  work: Work,
  settled: readonly RunRow[],
  due: readonly RunRow[],
  settling: readonly EffectOutcome[],
): Promise<void> {
  const { batch } = work
  const outcomes = new Map(settling.map((outcome) => [outcome.runId, outcome]))
  const going: LiveRun[] = []
  const early = await overtaken(batch.db, due)
  for (const row of [...settled, ...due]) {
    if (work.noticed.has(row.id)) continue
    const workspace = work.workspaces.get(row.workspace_id)!
    const outcome = outcomes.get(row.id)
    // put on hold since it was claimed
    if (workspace.held && outcome === undefined) continue
    const run = liveRun(row, await work.compiled(row))
    work.runs.push(run)
    if (early.has(run.id)) {
      run.dueAt = batch.time.now() + heldPauseMs(run)
      continue
    }
    if (work.fail?.runIds.includes(run.id)) {
      noteAttempt(batch, run, outcome)
      failRun(batch, run, { code: 'INTERNAL', message: work.fail.message })
      continue
    }
    if (!(await goesOn(batch, run, outcome))) continue
    if (workspace.held) park(run, 'held', batch.time.now())
    else going.push(run)
  }
  await work.lockRecords(going)
  const enrolling = going.filter((run) => run.unjudged && run.compiled?.document.enrolment !== undefined)
  for (const run of enrolling) await judgeQueued(work, run)
  await work.enrolling.prepare(enrolling.filter(({ finishedAt }) => finishedAt === null))
  const asked = new Set(enrolling)
  // what the database took to answer isn't planning
  batch.restartBudget()
  for (const run of going) {
    const workspace = work.workspaces.get(run.workspaceId)!
    if (asked.has(run)) {
      if (run.finishedAt !== null) continue
      if (work.enrolling.contested(run)) {
        run.unjudged = true
        parkHeld(run, batch.time.now())
        continue
      }
      if (!work.enrolling.takes(run, batch.time.now())) continue
    }
    if (run.unjudged && !(await judgeQueued(work, run))) continue
    if (work.isHeld(run)) parkHeld(run, batch.time.now())
    else await driveRun(batch, workspace, run)
  }
}

/**
 * Takes a run up that had begun before, unless it ends by that: set aside since its workers died on it, or left by its exit condition.
 *
 * @param outcome of its effect, if one has ended
 * @returns whether its next step may begin; otherwise it has ended, or waits on
 */
export async function goesOn(batch: Batch, run: LiveRun, outcome: EffectOutcome | undefined): Promise<boolean> {
  if (run.tries >= POISON_TRIES) {
    noteAttempt(batch, run, outcome)
    failRun(batch, run, {
      code: 'POISON',
      message: `This run stopped its worker ${run.tries} times, so it was set aside.`,
    })
    return false
  }
  run.tries = 0
  if (run.compiled === null) {
    noteAttempt(batch, run, outcome)
    failRun(batch, run, { code: 'EXPRESSION', message: 'This version can not be run any more.' })
    return false
  }
  if (run.watches === true) {
    run.watches = false
    const exit = run.cancelRequested ? null : await judgeExit(batch, run, null)
    if (exit?.passed === true) {
      exitRun(batch, run, exit)
      return false
    }
  }
  if (outcome === undefined ? takeUp(batch, run) : settleEffect(batch, run, outcome)) return true
  if (run.status === 'waiting') await beginWait(batch, run)
  return false
}

/** An attempt that was made, or may have been, stands in the log, also where the run ends for another reason. */
function noteAttempt(batch: Batch, run: LiveRun, outcome: EffectOutcome | undefined): void {
  if (outcome === undefined) noteLost(batch, run)
  else noteMade(run, outcome)
}

async function judgeQueued({ batch }: Work, run: LiveRun): Promise<boolean> {
  if (await judge(batch, run)) return true
  endRun(run, 'skipped', batch.time.now())
  return false
}
