import { matchEvent, publicId, type Step } from '@kantos/model'
import type { RunRow } from '../../src/runs/row.ts'
import { FOUND_AT_MOST } from './documents.ts'
import { MAX_SKEW_MS } from './simulate.ts'
import { Violation } from './store.ts'
import type { World } from './world.ts'

/**
 * What must be so when all is quiet, checked on what the store holds and what the outside saw.
 *
 * @throws Violation that says what isn't
 */
export function checkInvariants(world: World): void {
  const runs = [...world.store.ended.values()].map((text) => JSON.parse(text) as RunRow)
  eachEventHasOneRun(world, runs)
  noUpdateIsLost(world)
  for (const run of runs) {
    const all = run.steps ?? []
    const own = all.slice(world.inherited.get(run.id) ?? 0)
    writesAreOnce(world, run, own)
    findsWhatItWrote(run, own)
    sendsAreLogged(world, run, own)
    stepsAreInOrder(run, own)
    noWaitIsEarly(world, run, own)
  }
}

function eachEventHasOneRun({ store, automations }: World, runs: readonly RunRow[]): void {
  const first = new Map<string, number>()
  for (const { event_id, automation_id, retry_of } of runs)
    if ((retry_of ?? null) === null)
      first.set(`${event_id} ${automation_id}`, (first.get(`${event_id} ${automation_id}`) ?? 0) + 1)
  for (const { event } of store.events)
    for (const { id, listener } of automations) {
      const count = first.get(`${event.id} ${id}`) ?? 0
      const wanted = matchEvent(event, listener).matches ? 1 : 0
      if (count !== wanted) throw new Violation(`${event.type} ${event.id} has ${count} runs of ${id}, not ${wanted}`)
    }
}

/** The probe adds 1 to what it finds: who wrote what it hadn't read breaks the row. */
function noUpdateIsLost({ store }: World): void {
  const scores = new Map<string, number>()
  for (const { event } of store.events.toSorted((a, b) => a.seq - b.seq)) {
    const change = event.changes?.['score']
    if (event.type !== 'record.updated' || change === undefined) continue
    const before = scores.get(event.recordId!) ?? 0
    if (Number(change.from ?? 0) !== before || change.to !== before + 1)
      throw new Violation(`the score of ${event.recordId} went from ${change.from} to ${change.to}, and was ${before}`)
    scores.set(event.recordId!, before + 1)
  }
  for (const [id, { data, object }] of store.records)
    if (object === 'leads' && (data['score'] ?? 0) !== (scores.get(id) ?? 0))
      throw new Violation(`the score of ${id} is ${data['score']}; ${scores.get(id) ?? 0} were added`)
}

function writesAreOnce({ store }: World, run: RunRow, own: readonly Step[]): void {
  const actor = publicId('run', run.id)
  const made = (type: string) => store.events.filter(({ event }) => event.actor === actor && event.type === type).length
  const logged = (type: string) => own.filter((step) => step.type === type && step.status === 'succeeded').length
  for (const [event, action] of [
    ['record.updated', 'update_record'],
    ['record.created', 'create_record'],
    ['record.deleted', 'delete_record'],
  ] as const)
    if (made(event) !== logged(action))
      throw new Violation(`run ${run.id} logged ${logged(action)} × ${action}, and made ${made(event)} × ${event}`)
}

/** A search sees what its run has written before, also in the same batch. */
function findsWhatItWrote(run: RunRow, own: readonly Step[]): void {
  let made = 0
  for (const { type, status, output, path } of own) {
    if (status !== 'succeeded') continue
    if (type === 'create_record') made += 1
    const found = type === 'find_records' ? (output as { count: number }).count : FOUND_AT_MOST
    if (found < Math.min(FOUND_AT_MOST, made))
      throw new Violation(`${path} of run ${run.id} found ${found} records; it had made ${made}`)
  }
}

function sendsAreLogged({ sent }: World, run: RunRow, own: readonly Step[]): void {
  const left = sent.filter(({ runId }) => runId === run.id)
  let found = 0
  for (const step of own) {
    if (step.type !== 'send_email' && step.type !== 'webhook') continue
    const sends = left.filter(({ path, index }) => path === step.path && index === step.index).length
    found += sends
    const where = `${step.path} of run ${run.id} (${step.status})`
    if (run.mode === 'test' ? sends > 0 : step.status === 'succeeded' && sends === 0)
      throw new Violation(`${where} was sent ${sends} times in mode ${run.mode}`)
    if (sends > step.attempts.length)
      throw new Violation(`${where} was sent ${sends} times, and its log has ${step.attempts.length} attempts`)
    const input = step.input as { delivery?: string } | null
    if (input?.delivery === 'at_most_once' && step.attempts.filter(({ error }) => !error || isLost(error)).length > 1)
      throw new Violation(`${where} may be sent at most once, and was tried again`)
  }
  if (found !== left.length) throw new Violation(`run ${run.id} sent ${left.length} times; its log knows ${found}`)
}

const isLost = ({ code }: { code: string }): boolean => code === 'WORKER_LOST'

function stepsAreInOrder(run: RunRow, own: readonly Step[]): void {
  for (const [i, step] of own.entries()) {
    const before = own[i - 1]
    if (step.finished_at === null) throw new Violation(`run ${run.id} ended with ${step.path} open`)
    if (before === undefined) continue
    if (Date.parse(step.started_at) < Date.parse(before.finished_at!) - 2 * MAX_SKEW_MS)
      throw new Violation(`${step.path} of run ${run.id} began before ${before.path} had ended`)
    const [list, at] = placeOf(step.path)
    const [listBefore, atBefore] = placeOf(before.path)
    if (list === listBefore && step.index === before.index && at !== atBefore + 1)
      throw new Violation(`run ${run.id} did ${step.path} right after ${before.path}`)
  }
}

function placeOf(path: string): [list: string, at: number] {
  const cut = path.lastIndexOf('/')
  return [path.slice(0, cut), Number(path.slice(cut + 1))]
}

function noWaitIsEarly({ resumed }: World, run: RunRow, own: readonly Step[]): void {
  if (resumed.has(run.id) || run.mode === 'test') return
  for (const step of own) {
    if (step.type !== 'wait' || step.status !== 'succeeded') continue
    const { until, event } = step.output as { until?: string; event?: string }
    if (event === 'resumed') throw new Violation(`${step.path} of run ${run.id} says it was resumed, and nobody did`)
    if (until !== undefined && Date.parse(step.finished_at!) < Date.parse(until))
      throw new Violation(`${step.path} of run ${run.id} waited until ${until}, and ended at ${step.finished_at}`)
  }
}
