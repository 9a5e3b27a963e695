import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type BacktestInput,
  type BacktestLine,
  branchChoices,
  type BranchChoice,
  type CompiledAutomation,
  invalid,
  matchEvent,
} from '@kantos/model'
import { readActors } from '../accounts/actors.ts'
import { type ActiveAutomation, readAutomations } from '../automations/compiled.ts'
import type { Client } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { SimulatedWrites } from '../dry-run/simulated-writes.ts'
import { asActive, readTried, type Tried } from '../dry-run/tried.ts'
import { readRecordNames } from '../log/record-names.ts'
import type { Batch } from '../runs/batch.ts'
import { readNeeds } from '../runs/drive.ts'
import { judge } from '../runs/judge.ts'
import type { LiveRun } from '../runs/live-run.ts'
import { newRun } from '../runs/start.ts'
import { viewOfRun } from '../runs/view.ts'
import type { Principal, Services } from '../services.ts'
import { PastEnrolments } from './past-enrolments.ts'
import { type PastEvents, readPastEvents } from './past-events.ts'
import { Tally } from './tally.ts'

const PAGE = 1_000
const MOST_EVENTS = 2_000_000
const LONGEST_MS = 60_000
const PROGRESS_MS = 500
/** The event loop is given way to after so much work on events. */
const TURN_MS = 20
const DAY_MS = 86_400_000

/**
 * What an automation would have done with the events of the past: each is matched and judged by the same code as the
 * worker's, page after page, so that no snapshot is held and memory stays bounded. Nothing is written or sent, no step is
 * carried out.
 *
 * @param automationId uuid
 * @param signal ends it, as when the reader has gone
 * @returns progress about twice a second, then the result
 * @throws ApiError NOT_FOUND; VALIDATION_ERROR with the draft's problems, or for times that don't fit
 */
export async function backtest(
  services: Pick<Services, 'pool' | 'time'>,
  { workspaceId }: Pick<Principal, 'workspaceId'>,
  automationId: string,
  input: BacktestInput,
  signal: AbortSignal,
): Promise<AsyncGenerator<BacktestLine>> {
  const { pool, time } = services
  const to = input.to === undefined ? time.now() : Date.parse(input.to)
  const from = input.from === undefined ? to - 7 * DAY_MS : Date.parse(input.from)
  if (from >= to) throw invalid([{ path: '/from', message: 'from must be before to.' }])
  const { tried, own } = await transaction(
    pool,
    async (client) => {
      const tried = await readTried(client, services, workspaceId, automationId, input.automation)
      const workspace = (await readAutomations(client, [workspaceId])).get(workspaceId)!
      return { tried, own: asActive(tried, workspace) }
    },
    { readOnly: true },
  )
  const compiled = own.compiled()
  if (compiled === null)
    throw invalid([{ path: '/automation', message: own.problem() ?? 'The automation can not be run.' }])
  const wanted: PastEvents = {
    workspaceId,
    automationId: tried.id,
    trigger: tried.document.trigger,
    object: own.object,
    from,
    to,
  }
  const enrolled = new PastEnrolments(workspaceId, tried.id, tried.document.enrolment, from)
  return play(services, { wanted, tried, own, compiled, signal, enrolled })
}

interface Course {
  wanted: PastEvents
  tried: Tried
  own: ActiveAutomation
  compiled: CompiledAutomation
  signal: AbortSignal
  enrolled: PastEnrolments
}

async function* play(services: Pick<Services, 'pool' | 'time'>, course: Course): AsyncGenerator<BacktestLine> {
  const { wanted, tried, compiled, signal } = course
  const tally = new Tally(tried.document, compiled, wanted.from)
  const until = performance.now() + LONGEST_MS
  let told = performance.now()
  let why: string | null = null
  for (let after: string | null = null; ; ) {
    if (signal.aborted) return
    const last: string | null = await transaction(
      services.pool,
      (client) => judgePage(client, services, course, tally, after),
      { readOnly: true },
    )
    if (last === null) break
    after = last
    if (tally.scanned >= MOST_EVENTS) why = `It ends after ${MOST_EVENTS.toLocaleString('en')} events.`
    else if (performance.now() > until) why = `It ends after ${LONGEST_MS / 1000} s.`
    if (why !== null) break
    if (performance.now() - told < PROGRESS_MS) continue
    told = performance.now()
    yield {
      type: 'progress',
      scanned: tally.scanned,
      would_run: tally.wouldRun,
      at: new Date(tally.at).toISOString(),
    }
  }
  const names = await readRecordNames(services.pool, wanted.workspaceId, tally.records)
  const reached = why === null ? wanted.to : tally.at
  yield tally.result(
    {
      from: new Date(wanted.from).toISOString(),
      to: new Date(reached).toISOString(),
      complete: why === null,
      why,
      notes: notesOf(course),
    },
    names,
  )
}

/** @returns uuid of the page's last event; null: there are no more */
async function judgePage(
  client: Client,
  { time }: Pick<Services, 'time'>,
  { wanted, own, compiled, enrolled }: Course,
  tally: Tally,
  after: string | null,
): Promise<string | null> {
  const events = await readPastEvents(client, wanted, after, PAGE)
  if (events.length === 0) return null
  await enrolled.read(client, events)
  const actors = compiled.readsUser
    ? await readActors(
        client,
        new Map(events.flatMap(({ actor }) => (actor === null ? [] : [[actor, wanted.workspaceId] as const]))),
      )
    : new Map()
  const batch: Batch = {
    db: client,
    time,
    writes: new SimulatedWrites(client, time),
    workerId: '',
    room: { reserve: () => ({ ok: false, afterMs: 0 }), refuses: () => null },
    actors,
    restartBudget: () => {},
    hasBudget: () => true,
    hasBegun: () => false,
    spend: () => {},
  }
  let turn = performance.now()
  for (const event of events) {
    if (performance.now() - turn > TURN_MS) {
      await nextTurn()
      turn = performance.now()
    }
    tally.scanned += 1
    tally.at = event.at.getTime()
    if (!matchEvent(event, own.listener).matches) continue
    const run = newRun(batch, event, own)
    run.mode = 'dry_run'
    const passed = await judge(batch, run)
    tally.judged(run.conditions, passed)
    if (!passed) continue
    if (enrolled.takes(event)) tally.ran(event, await choicesOf(batch, run, compiled))
    else tally.notEnrolled += 1
  }
  return events.length < PAGE ? null : events.at(-1)!.id
}

async function choicesOf(batch: Batch, run: LiveRun, compiled: CompiledAutomation): Promise<BranchChoice[]> {
  const view = viewOfRun(batch, run, batch.time.now())
  for (;;) {
    const choices = branchChoices(compiled, view)
    if (!('need' in choices)) return choices
    await readNeeds(batch, run.workspaceId, choices.need)
  }
}

/** Whether a rule's field is another record's, one step along a reference. */
function isReached(field: string): boolean {
  const [first, ...rest] = field.split('.')
  return first !== 'webhook' && rest.length > (first === 'previous' ? 1 : 0)
}

/** What the answer rests on. */
function notesOf({ wanted: { trigger }, compiled, tried }: Course): string[] {
  const notes: string[] = []
  if (compiled.conditions.fields.some(isReached))
    notes.push('Records reached through a reference are taken as they are now.')
  if ([...compiled.lists.values()].flat().some(({ arms }) => arms !== undefined))
    notes.push('Branches are judged on the values of the event; what earlier steps would have changed is not seen.')
  if (tried.document.enrolment === 'not_while_running')
    notes.push(
      'How long the runs would have taken isn’t known: none is taken to be under way when the next one begins.',
    )
  if (trigger.event === 'schedule') notes.push('The ticks are those of the time in which the automation was active.')
  if (trigger.event === 'date.reached')
    notes.push('The dates are those that were reached while the automation was active.')
  if (trigger.event === 'webhook.received')
    notes.push('The calls are those that were accepted, while the automation was active.')
  if (trigger.event === 'manual') notes.push('The starts are those that were made by hand.')
  return notes
}
