import { setImmediate as nextTurn } from 'node:timers/promises'
import { type DryRun, type DryRunInput, matchEvent, type Source } from '@kantos/model'
import { readActors } from '../accounts/actors.ts'
import { type ActiveAutomation, readAutomations } from '../automations/compiled.ts'
import type { Client } from '../db/pool.ts'
import { classify } from '../db/states.ts'
import { transaction } from '../db/transaction.ts'
import { readRecordNames } from '../log/record-names.ts'
import { failedRules } from '../log/why.ts'
import type { Egress } from '../ports/egress.ts'
import type { Batch } from '../runs/batch.ts'
import { driveRun, endRun } from '../runs/drive.ts'
import { notEnrollable } from '../runs/enrolled.ts'
import { judge } from '../runs/judge.ts'
import type { LiveRun } from '../runs/live-run.ts'
import { loopOf } from '../runs/loop-guard.ts'
import { newRun } from '../runs/start.ts'
import type { Principal, Services } from '../services.ts'
import { refusalOf } from '../steps/refusal.ts'
import { occur } from './occurrence.ts'
import { predict, type SimulatedEvent } from './predict.ts'
import { addChanges, presentRun } from './present.ts'
import type { Setting } from './setting.ts'
import { SimulatedWrites } from './simulated-writes.ts'
import { asActive, readTried, triggerObject } from './tried.ts'

const MOST_COMMANDS = 2_000
const LONGEST_MS = 5_000
/** The event loop is given way to after so much work on steps. */
const TURN_MS = 20
const QUERY_CANCELED = '57014'

export type DryRunServices = Pick<Services, 'pool' | 'time'> & { egress: Pick<Egress, 'refuses'> }

/**
 * Tries an automation: what its run would do is planned by the same code as a real one, carried out in memory, and told.
 * The transaction is read only, so nothing can be written; no effect is performed.
 *
 * @param automationId uuid of a saved automation; null: the request brings a draft
 * @returns the run, of mode `dry_run`, with what it would start
 * @throws ApiError NOT_FOUND (automation, record, event), VALIDATION_ERROR (the draft's problems, values that don't fit)
 * Source: SPEC.md, section 8; SPEC-DETAILS.md, sections 8–11
 */
export async function dryRun(
  services: DryRunServices,
  principal: Pick<Principal, 'workspaceId' | 'actor'> & { source: Source },
  automationId: string | null,
  request: DryRunInput,
): Promise<DryRun> {
  const { time } = services
  const { workspaceId, actor, source } = principal
  return transaction(
    services.pool,
    async (client) => {
      const tried = await readTried(client, services, workspaceId, automationId, request.automation)
      const workspace = (await readAutomations(client, [workspaceId])).get(workspaceId)!
      const setting: Setting = {
        client,
        workspaceId,
        workspace,
        writes: new SimulatedWrites(client, time),
        tried,
        object: workspace.catalogue.objects.get(triggerObject(tried.document.trigger) ?? '') ?? null,
        request,
        cause: { actor, source, lane: 1, chain: null },
        nowMs: time.now(),
        newId: () => time.id(),
        notes: [],
      }
      return play(services, setting)
    },
    // one snapshot, so that what is read early and late fits together
    { isolation: 'repeatable read', readOnly: true, retries: 0, settings: { statement_timeout: String(LONGEST_MS) } },
  )
}

async function play({ time, egress }: DryRunServices, setting: Setting): Promise<DryRun> {
  const { client, workspace, writes, tried, notes } = setting
  const { event, invented, why: obstacle } = await occur(setting)
  const own = asActive(tried, workspace)
  const run = newRun({ time }, event, own)
  run.mode = 'dry_run'
  const marks: { events: number; steps: number }[] = []
  const until = performance.now() + LONGEST_MS
  const isOver = () => marks.length >= MOST_COMMANDS || performance.now() >= until
  let turnEnds = performance.now() + TURN_MS
  const batch: Batch = {
    db: client,
    time,
    writes,
    workerId: '',
    room: {
      reserve: () => ({ ok: false, afterMs: 0 }),
      refuses: (command) => refusalOf(egress, command),
    },
    actors: await readCauser(setting, event.actor, own),
    restartBudget: () => {
      turnEnds = performance.now() + TURN_MS
    },
    hasBudget: () => !isOver() && performance.now() < turnEnds,
    hasBegun: () => marks.length > 0,
    spend: () => void marks.push({ events: writes.count, steps: run.steps.length }),
  }
  const nameOf = (slug: string) => setting.object?.fields.find((field) => field.slug === slug)?.name
  const match = matchEvent(event, own.listener, (slug) => nameOf(slug) ?? slug)
  const why = obstacle ?? (match.matches ? null : sentence(match.why))
  if (why !== null) endRun(run, 'skipped', time.now())
  else await carryOut(setting, batch, run, own, isOver)
  if (why === null && run.status !== 'skipped') await tellEnrolment(setting, run)
  const events = writtenBy(run, setting, marks)
  for (const { event: written, step } of events) if (step !== undefined) addChanges(step, written)
  const predictions = await predict(setting, batch, run, own, events, () => performance.now() < until)
  const names = await readRecordNames(client, setting.workspaceId, [
    { id: run.id, record_id: run.recordId, event_id: invented ? null : run.eventId },
  ])
  const answer = presentRun(run, tried, invented, names.get(run.id))
  return { ...answer, matched: why === null, why: why ?? whyNot(answer, nameOf), notes, predictions }
}

/** Judges, plans and simulates, as a worker's batches do with an event that was claimed. @param isOver whether to cut it short */
async function carryOut(
  setting: Setting,
  batch: Batch,
  run: LiveRun,
  own: ActiveAutomation,
  isOver: () => boolean,
): Promise<void> {
  const { client, workspace } = setting
  const { time } = batch
  await client.query('savepoint dry_run')
  try {
    if (run.compiled === null)
      return endRun(run, 'failed', time.now(), { code: 'EXPRESSION', message: own.problem() ?? 'It can not be run.' })
    if (!(await judge(batch, run))) return endRun(run, 'skipped', time.now())
    const loop = loopOf(run, workspace.limits)
    if (loop !== null) return endRun(run, 'blocked', time.now(), { code: 'LOOP', message: loop })
    do {
      batch.restartBudget()
      await driveRun(batch, workspace, run)
      await nextTurn()
    } while (run.finishedAt === null && !isOver())
  } catch (error) {
    const tooLong = (error as { code?: unknown }).code === QUERY_CANCELED
    const meaning = classify(error)
    if (!tooLong && meaning !== 'data' && meaning !== 'bug' && meaning !== 'conflict') throw error
    await client.query('rollback to savepoint dry_run')
    if (!tooLong)
      return endRun(run, 'failed', time.now(), {
        code: 'INTERNAL',
        message: `It could not be run: ${error instanceof Error ? error.message : String(error)}`,
      })
  }
  if (run.finishedAt === null)
    endRun(run, 'cancelled', time.now(), {
      code: 'TIMEOUT',
      message: `A dry run ends after ${MOST_COMMANDS.toLocaleString('en')} steps or ${LONGEST_MS / 1000} s; a real run would go on here.`,
    })
}

/** Somebody who tries it wants to see what it does, so the rule is only told of. */
async function tellEnrolment({ client, workspaceId, tried, nowMs, notes }: Setting, run: LiveRun): Promise<void> {
  const { recordId, event } = run
  if (recordId === null || event.type === 'record.deleted') return
  const { enrolment } = tried.document
  const reasons = await notEnrollable(client, workspaceId, { id: tried.id, mode: 'live', enrolment }, [recordId], nowMs)
  const why = reasons.get(recordId)
  if (why !== undefined) notes.push(`A real run would be skipped. ${why}`)
}

async function readCauser(
  { client, workspaceId }: { client: Client; workspaceId: string },
  actor: string | null,
  own: ActiveAutomation,
): Promise<Batch['actors']> {
  const wanted = actor !== null && own.compiled()?.readsUser === true
  return readActors(client, wanted ? new Map([[actor, workspaceId]]) : new Map())
}

/** The events of the run's writes, each with the step during which it arose. */
function writtenBy(
  run: LiveRun,
  { writes }: Setting,
  marks: readonly { events: number; steps: number }[],
): (SimulatedEvent & { step: LiveRun['steps'][number] | undefined })[] {
  let at = 0
  return writes.takeEvents().map((event, index) => {
    while (at + 1 < marks.length && marks[at + 1]!.events <= index) at += 1
    const step = run.steps[marks[at]?.steps ?? -1]
    return { event, step, stepKey: step?.key ?? '' }
  })
}

/** Why a run that an event would start doesn't do all it could. */
function whyNot(
  { status, conditions, error }: Pick<DryRun, 'status' | 'conditions' | 'error'>,
  nameOf: (slug: string) => string | undefined,
): string | null {
  if (status === 'skipped') return `Its conditions did not hold: ${failedRules(conditions, nameOf).join('; ')}.`
  return status === 'blocked' || status === 'cancelled' ? (error?.message ?? null) : null
}

function sentence(why: string): string {
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`
}
