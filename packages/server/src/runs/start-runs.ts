import { type CrmEvent, matchEvent } from '@kantos/model'
import type { WorkspaceAutomations } from '../automations/compiled.ts'
import type { ClaimedEvent } from '../events/claim.ts'
import { driveRun, endRun, park } from './drive.ts'
import { judge } from './judge.ts'
import type { LiveRun } from './live-run.ts'
import { countChains, loopOf } from './loop-guard.ts'
import { occupiedTurns } from './serial.ts'
import { newRun } from './start.ts'
import { beginWait } from './watch.ts'
import { POISON_TRIES, type Work } from './work.ts'

/** Matches events, judges them and takes up the runs they start. */
export async function startRuns(work: Work, claimed: readonly ClaimedEvent[]): Promise<void> {
  const planned: { entry: ClaimedEvent; runs: LiveRun[] }[] = []
  for (const entry of claimed) {
    if (planned.length > 0 && !work.batch.hasBudget()) break
    if (work.workspaces.get(entry.event.workspaceId)?.held === true) continue
    planned.push({ entry, runs: await judged(work, entry) })
  }
  const passing = planned.flatMap(({ runs }) => runs.filter((run) => run.status === 'running'))
  await blockLoops(work, passing)
  await work.enrolling.prepare(passing.filter(({ status }) => status === 'running'))
  const turns = await occupiedTurns(work.batch.db, passing)
  await work.lockRecords(passing)
  // what the database took to answer isn't planning
  work.batch.restartBudget()
  const leftRecords = new Set<string>()
  const leftRuns: LiveRun[] = []
  for (const { entry, runs } of planned) {
    const { event, seq } = entry
    const key = event.recordId
    const watched = key !== null && work.contested.has(event.workspaceId + key)
    const waits =
      watched ||
      runs.some(
        (run) =>
          run.status === 'running' && (work.isHeld(run) || turns.contested(run) || work.enrolling.contested(run)),
      )
    if ((key !== null && leftRecords.has(key)) || waits || (work.begun.length > 0 && !work.batch.hasBudget())) {
      // the later events of a record never go before its earlier ones
      if (key !== null) leftRecords.add(key)
      if (waits) work.held.push(seq)
      leftRuns.push(...runs)
      continue
    }
    work.begun.push(seq)
    for (const run of runs) {
      work.runs.push(run)
      if (run.status !== 'running') continue
      if (!work.enrolling.takes(run, work.batch.time.now())) {
        leftRuns.push(run)
        continue
      }
      if (turns.taken(run)) {
        park(run, 'turn', null)
        await beginWait(work.batch, run)
        continue
      }
      await driveRun(work.batch, work.workspaces.get(run.workspaceId)!, run)
      if (run.finishedAt === null) turns.take(run)
    }
  }
  const counted = new Set(passing)
  await countChains(
    work.batch.db,
    leftRuns.filter((run) => counted.has(run)),
    -1,
  )
}

/** The runs an event starts, their conditions judged; those that don't pass have ended already. */
async function judged(work: Work, { event, tries, seq }: ClaimedEvent): Promise<LiveRun[]> {
  const workspace = work.workspaces.get(event.workspaceId)
  if (workspace === undefined) return []
  const runs: LiveRun[] = []
  for (const automation of listenersOf(workspace, event)) {
    if (!matchEvent(event, automation.listener).matches) continue
    const run = newRun(work.batch, event, automation)
    runs.push(run)
    const now = work.batch.time.now()
    const loop = loopOf(run, workspace.limits)
    if (work.fail?.seqs.includes(seq)) endRun(run, 'failed', now, { code: 'INTERNAL', message: work.fail.message })
    else if (tries >= POISON_TRIES)
      endRun(run, 'failed', now, {
        code: 'POISON',
        message: `This event stopped its worker ${tries} times, so it was set aside. Replay the run to try again.`,
      })
    else if (run.compiled === null)
      endRun(run, 'failed', now, { code: 'EXPRESSION', message: automation.problem() ?? 'It can not be run.' })
    else if (!(await judge(work.batch, run))) endRun(run, 'skipped', now)
    // only what would run is a loop: a condition that ends it is how users are told to guard
    else if (loop !== null) endRun(run, 'blocked', now, { code: 'LOOP', message: loop })
  }
  return runs
}

async function blockLoops(work: Work, runs: readonly LiveRun[]): Promise<void> {
  const after = await countChains(work.batch.db, runs)
  if (after.size === 0) return
  const counting = runs.filter(({ chain }) => chain.depth > 1 && after.has(chain.id)).toReversed()
  const places = new Map<string, number>()
  for (const run of counting) {
    const place = places.get(run.chain.id) ?? after.get(run.chain.id)!
    places.set(run.chain.id, place - 1)
    const max = work.workspaces.get(run.workspaceId)!.limits.max_per_chain
    if (place > max)
      endRun(run, 'blocked', work.batch.time.now(), {
        code: 'LOOP',
        message: `This is run ${place} that its chain has caused; at most ${max} are allowed.`,
      })
  }
}

function listenersOf(workspace: WorkspaceAutomations, event: CrmEvent) {
  if (event.automationId === null) return workspace.listening(event.type, event.object)
  const only = workspace.byId.get(event.automationId)
  return only === undefined ? [] : [only]
}
