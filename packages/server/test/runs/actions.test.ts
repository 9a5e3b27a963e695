import {
  type Automation,
  bulkRunsRoute,
  cancelRunRoute,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  getRecordRoute,
  listRunsRoute,
  replayRunRoute,
  resumeRunRoute,
  retryRunRoute,
  type Run,
  type RunAction,
  runAutomationRoute,
  setAutomationModeRoute,
  updateAutomationRoute,
  updateRecordRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EgressResult } from '../../src/ports/egress.ts'
import { answered, startAppWithWorker, type AppWithWorker } from '../app-with-worker.ts'
import { until } from '../helpers.ts'

let t: AppWithWorker
beforeAll(async () => {
  t = await startAppWithWorker()
})
afterAll(() => t.drop())

const onDemand = { event: 'manual', object: 'leads' }
const wait = { type: 'wait', config: { duration: 1, unit: 'weeks' } }
const addOne = { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } }
const hook = { type: 'webhook', config: { url: 'https://example.org/hook', retry: { delays_seconds: [] } } }

const start = async (automation: Automation, ...records: { id: string }[]) =>
  (
    await t.client.call(runAutomationRoute, {
      params: { id: automation.id },
      body: { record_ids: records.map(({ id }) => id) } as never,
    })
  ).data.map(({ run_id }) => run_id)
const standing = (id: string, ...statuses: Run['status'][]) =>
  until(async () => {
    const run = await t.run(id)
    return statuses.includes(run.status) ? run : null
  })
const act = (action: 'cancel' | 'resume' | 'retry' | 'replay', id: string) => {
  const routes = { cancel: cancelRunRoute, resume: resumeRunRoute, retry: retryRunRoute, replay: replayRunRoute }
  return t.client.call(routes[action] as typeof cancelRunRoute, { params: { id } })
}
const scoreOf = async (lead: { id: string }) =>
  (await t.client.call(getRecordRoute, { params: { id: lead.id } })).field_values.score
const bulk = (action: RunAction, filter: object, more: object = {}) =>
  t.client.call(bulkRunsRoute, { body: { action, filter, ...more } })

/** An outside that answers when it is told to. */
function holdAnswers(): { asked: Promise<void>; release(result: EgressResult): void } {
  const asked = Promise.withResolvers<void>()
  const given = Promise.withResolvers<EgressResult>()
  t.answer(() => {
    asked.resolve()
    return given.promise
  })
  return { asked: asked.promise, release: given.resolve }
}

test('cancelling a waiting run ends it at once, its wait with it, and what comes after never happens', async () => {
  const automation = await t.automation({ trigger: onDemand, actions: [wait, addOne] })
  const lead = await t.lead({ score: 1 })
  const [id] = await start(automation, lead)
  await standing(id!, 'waiting')
  const answer = await act('cancel', id!)
  expect(answer).toMatchObject({ id, status: 'cancelled', steps: [{ key: 'wait_1', status: 'cancelled' }] })
  expect(answer.finished_at).not.toBeNull()
  expect(await scoreOf(lead)).toBe(1)
  expect((await t.pool.query('select from runs_live where id = $1', [uuidOf('run', id!)])).rowCount).toBe(0)
})

test('a run that has ended can’t be cancelled, and stays as it was', async () => {
  const automation = await t.automation({ trigger: onDemand, actions: [addOne] })
  const [id] = await start(automation, await t.lead())
  const run = await standing(id!, 'succeeded')
  await expect(act('cancel', id!)).rejects.toMatchObject({ status: 409 })
  expect(await t.run(id!)).toEqual(run)
  await expect(act('cancel', `run_${'0'.repeat(32)}`)).rejects.toMatchObject({ status: 404 })
})

test('a run cancelled while its effect is under way ends with the outcome in its log', async () => {
  const automation = await t.automation({ trigger: onDemand, actions: [hook, addOne] })
  const lead = await t.lead({ score: 1 })
  const outside = holdAnswers()
  const [id] = await start(automation, lead)
  await outside.asked
  expect(await act('cancel', id!)).toMatchObject({ status: 'running', cancel_requested: true })
  outside.release(answered(200))
  const run = await standing(id!, 'cancelled')
  expect(run.steps).toMatchObject([{ key: 'webhook_1', status: 'succeeded', output: { status: 200 } }])
  expect(run.cancel_requested).toBeUndefined()
  expect(await scoreOf(lead)).toBe(1)
})

test('cancelling a serial run gives its turn to the next of the record', async () => {
  const automation = await t.automation({ trigger: onDemand, serial: true, actions: [wait] })
  const lead = await t.lead()
  const [first] = await start(automation, lead)
  await standing(first!, 'waiting')
  const [second] = await start(automation, lead)
  expect((await t.run(second!)).status).toBe('queued')
  await act('cancel', first!)
  await standing(second!, 'waiting')
  await act('cancel', second!)
})

test('deleting an automation cancels its waiting runs and keeps its log', async () => {
  const automation = await t.automation({ trigger: onDemand, actions: [wait] })
  const ids = await start(automation, await t.lead(), await t.lead())
  for (const id of ids) await standing(id, 'waiting')
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
  for (const id of ids) expect((await t.run(id)).status).toBe('cancelled')
})

test('resuming ends a wait now; a run that isn’t waiting can’t be resumed', async () => {
  const automation = await t.automation({ trigger: onDemand, actions: [wait, addOne] })
  const lead = await t.lead({ score: 1 })
  const [id] = await start(automation, lead)
  await standing(id!, 'waiting')
  const answer = await act('resume', id!)
  expect(answer.id).toBe(id)
  expect((await standing(id!, 'succeeded')).steps).toMatchObject([
    { key: 'wait_1', status: 'succeeded' },
    { status: 'succeeded' },
  ])
  expect(await scoreOf(lead)).toBe(2)
  await expect(act('resume', id!)).rejects.toMatchObject({ status: 409 })
})

test('resuming a run between two attempts makes the next attempt now', async () => {
  t.answer(() => answered(500))
  const automation = await t.automation({
    trigger: onDemand,
    actions: [{ type: 'webhook', config: { url: 'https://example.org/hook' } }],
  })
  const [id] = await start(automation, await t.lead())
  const waiting = await standing(id!, 'waiting')
  expect(waiting.steps[0]).toMatchObject({ status: 'retrying', resume_at: expect.any(String) })
  t.answer(() => answered(200))
  await act('resume', id!)
  expect((await standing(id!, 'succeeded')).steps[0]).toMatchObject({ status: 'succeeded', attempt: 2 })
})

test('a retry is a new run that takes over what was done and goes on at the failed step', async () => {
  t.answer(() => answered(500))
  const automation = await t.automation({
    trigger: onDemand,
    conditions: { match: 'all', rules: [{ field: 'score', operator: 'equals', value: 1 }] },
    actions: [
      addOne,
      { key: 'made', type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'Call' } } },
      { ...hook, config: { ...hook.config, body: { task: '{{steps.made.id}}' } } },
      addOne,
    ],
  })
  const lead = await t.lead({ score: 1 })
  const [id] = await start(automation, lead)
  const failed = await standing(id!, 'failed')
  t.answer(() => answered(200))
  const { id: newId } = await act('retry', id!)
  expect(newId).not.toBe(id)
  const run = await standing(newId, 'succeeded')
  expect(run).toMatchObject({
    retry_of: id,
    version: 1,
    conditions: { passed: true, rules: [{ actual: 1 }] },
    chain: failed.chain,
  })
  expect(run.steps.slice(0, 2)).toEqual(failed.steps.slice(0, 2))
  expect(run.steps.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded'])
  const task = (run.steps[1]!.output as { id: string }).id
  expect(JSON.parse(String(t.requests.at(-1)!.body))).toEqual({ task })
  expect(await scoreOf(lead)).toBe(3)
  expect(await t.run(id!)).toEqual({ ...failed, retried_by: newId })
  await expect(act('retry', newId)).rejects.toMatchObject({ status: 409 })
})

test('a retry of a very long run has all its earlier steps', async () => {
  t.answer(() => answered(500))
  const long = Array.from({ length: 12 }, (_, i) => [
    { type: 'update_record', config: { fields: { notes: `${i} ${'x'.repeat(900)}` } } },
    { type: 'wait', config: { duration: 0.02, unit: 'seconds' } },
  ]).flat()
  const automation = await t.automation({ trigger: onDemand, actions: [...long, hook] })
  const [id] = await start(automation, await t.lead())
  const failed = await standing(id!, 'failed')
  t.answer(() => answered(200))
  const run = await standing((await act('retry', id!)).id, 'succeeded')
  expect(run.steps.length).toBe(25)
  expect(run.steps.slice(0, 24)).toEqual(failed.steps.slice(0, 24))
})

test('a replay starts over with the same event, on the automation as it is now, and its conditions are judged again', async () => {
  const rules = (value: string) => ({ match: 'all', rules: [{ field: 'company', operator: 'equals', value }] })
  const automation = await t.automation({ conditions: rules('Acme'), actions: [addOne] })
  const lead = await t.lead({ company: 'Acme', score: 1 })
  const first = await t.runOf(automation, 'succeeded')
  await t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { company: 'Other' } } })
  const again = await standing((await act('replay', first.id)).id, 'succeeded')
  expect(again).toMatchObject({ retry_of: first.id, trigger: first.trigger, chain: { depth: 1, parent_run_id: null } })
  expect(again.chain.id).not.toBe(first.chain.id)
  expect(await scoreOf(lead)).toBe(3)
  await t.client.call(updateAutomationRoute, {
    params: { id: automation.id },
    body: {
      name: automation.name,
      trigger: automation.trigger,
      conditions: rules('Nobody'),
      actions: [addOne],
    } as never,
  })
  const skipped = await standing((await act('replay', first.id)).id, 'skipped')
  expect(skipped).toMatchObject({
    version: 2,
    conditions: { passed: false, rules: [{ expected: 'Nobody', actual: 'Acme' }] },
  })
  await t.client.call(deactivateAutomationRoute, { params: { id: automation.id } })
  expect((await standing((await act('replay', skipped.id)).id, 'skipped')).retry_of).toBe(skipped.id)
})

test('a replay of a test run is a test again, though the automation is live by now', async () => {
  const automation = await t.automation({ mode: 'test', trigger: onDemand, actions: [hook] })
  const [id] = await start(automation, await t.lead())
  const first = await standing(id!, 'succeeded')
  expect(first).toMatchObject({ mode: 'test', steps: [{ status: 'not_sent' }] })
  await t.client.call(setAutomationModeRoute, { params: { id: automation.id }, body: { mode: 'live' } })
  const sent = t.requests.length
  const again = await standing((await act('replay', id!)).id, 'succeeded')
  expect(again).toMatchObject({ mode: 'test', steps: [{ status: 'not_sent' }] })
  expect(t.requests.length).toBe(sent)
})

test('what is left of a deleted automation can be neither retried nor replayed', async () => {
  t.answer(() => answered(500))
  const automation = await t.automation({ trigger: onDemand, actions: [hook] })
  const [id] = await start(automation, await t.lead())
  await standing(id!, 'failed')
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
  await expect(act('retry', id!)).rejects.toMatchObject({ status: 409 })
  await expect(act('replay', id!)).rejects.toMatchObject({ status: 409 })
  t.answer(() => answered(200))
})

test('a start by hand needs an active automation and records of its object, and counts a record once', async () => {
  const automation = await t.automation({
    conditions: { match: 'all', rules: [{ field: 'score', operator: 'greater_than', value: 5 }] },
    actions: [addOne],
  })
  const high = await t.lead({ score: 9 })
  const low = await t.lead({ score: 1 })
  await until(async () =>
    (await listed(automation)).every(({ status }) => status === 'succeeded' || status === 'skipped'),
  )
  const ids = await start(automation, high, low, high)
  expect(ids.length).toBe(2)
  expect(await standing(ids[0]!, 'succeeded')).toMatchObject({
    trigger: {
      event: 'manual',
      source: 'manual',
      record_id: high.id,
      object_id: 'obj_leads',
      actor: expect.stringMatching(/^key_/),
    },
  })
  expect(await standing(ids[1]!, 'skipped')).toMatchObject({ trigger: { source: 'manual', record_id: low.id } })
  await expect(start(automation, { id: `rec_${'0'.repeat(32)}` })).rejects.toMatchObject({ status: 404 })
  const task = await taskOf()
  await expect(start(automation, high, task)).rejects.toMatchObject({
    status: 422,
    details: { errors: [{ path: '/record_ids/1' }] },
  })
  await t.client.call(deactivateAutomationRoute, { params: { id: automation.id } })
  const before = await listed(automation)
  await expect(start(automation, high)).rejects.toMatchObject({ status: 409 })
  expect(await listed(automation)).toEqual(before)
})

test('a bulk action does all that match, page by page, and says what it could not do', async () => {
  t.answer(() => answered(500))
  const automation = await t.automation({ trigger: onDemand, actions: [addOne, hook] })
  const leads = []
  for (let i = 0; i < 5; i++) leads.push(await t.lead({ score: i }))
  const ids = await start(automation, ...leads)
  for (const id of ids) await standing(id, 'failed')
  t.answer(() => answered(200))
  const filter = { automation_id: automation.id }
  const first = await bulk('retry', filter, { limit: 3 })
  expect(first).toMatchObject({ matched: 3, done: 3, failed: 0, errors: [], next_cursor: expect.any(String) })
  const second = await bulk('retry', filter, { limit: 3, cursor: first.next_cursor })
  expect(second).toMatchObject({ matched: 2, done: 2, failed: 0, next_cursor: null })
  const runs = await until(async () => {
    const all = await listed(automation)
    return all.filter(({ status }) => status === 'succeeded').length === 5 ? all : null
  })
  expect(runs.flatMap(({ retry_of }) => retry_of ?? []).toSorted()).toEqual(ids.toSorted())
  expect(await Promise.all(leads.map(scoreOf))).toEqual([1, 2, 3, 4, 5])
  await expect(bulk('retry', { ...filter, status: 'succeeded' })).rejects.toMatchObject({ status: 422 })
  expect(await bulk('cancel', filter)).toMatchObject({ matched: 0, done: 0 })
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
  expect(await bulk('replay', { run_ids: [ids[0]!] })).toMatchObject({
    matched: 1,
    done: 0,
    failed: 1,
    errors: [{ run_id: ids[0], code: 'CONFLICT' }],
  })
})

test('a filter’s waiting runs are resumed or cancelled together', async () => {
  const automation = await t.automation({ trigger: onDemand, actions: [wait, addOne] })
  const leads = [await t.lead({ score: 1 }), await t.lead({ score: 1 }), await t.lead({ score: 1 })]
  const ids = await start(automation, ...leads)
  for (const id of ids) await standing(id, 'waiting')
  expect(await bulk('resume', { record_id: leads[0]!.id })).toMatchObject({ matched: 1, done: 1 })
  await standing(ids[0]!, 'succeeded')
  expect(await bulk('cancel', { automation_id: automation.id })).toMatchObject({ matched: 2, done: 2 })
  expect(await Promise.all(leads.map(scoreOf))).toEqual([2, 1, 1])
})

test('an action needs the role of an editor', async () => {
  const viewer = await t.logIn('viewer')
  const params = { id: `run_${'0'.repeat(32)}` }
  await expect(viewer.client.call(retryRunRoute, { params })).rejects.toMatchObject({ status: 403 })
  await expect(viewer.client.call(bulkRunsRoute, { body: { action: 'cancel', filter: {} } })).rejects.toMatchObject({
    status: 403,
  })
})

async function listed(automation: Automation): Promise<Run[]> {
  return (await t.client.call(listRunsRoute, { query: { automation_id: automation.id, limit: 100 } })).data
}

async function taskOf(): Promise<{ id: string }> {
  const response = await t.request('/api/crm/record', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': t.apiKey },
    body: JSON.stringify({ object_id: 'tasks', field_values: { title: 'Call' } }),
  })
  return (await response.json()) as { id: string }
}

test('cancels that race with the work end each run once: cancelled, or as it was about to', async () => {
  t.answer(async () => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    return answered(200)
  })
  const automation = await t.automation({ trigger: onDemand, actions: [hook, addOne, hook, addOne] })
  const leads = await Promise.all(Array.from({ length: 40 }, () => t.lead({ score: 0 })))
  const ids = await start(automation, ...leads)
  const answers = await Promise.all(ids.map((id) => act('cancel', id).catch((error: { status: number }) => error)))
  await until(async () => (await listed(automation)).every(({ finished_at }) => finished_at !== null))
  const runs = await Promise.all(ids.map((id) => t.run(id)))
  for (const [i, run] of runs.entries()) {
    expect(['cancelled', 'succeeded']).toContain(run.status)
    // a refused cancel found an ended run; an accepted one ends it
    expect(run.status).toBe('trigger' in answers[i]! ? 'cancelled' : 'succeeded')
    const added = run.steps.filter(({ type, status }) => type === 'update_record' && status === 'succeeded').length
    expect(await scoreOf(leads[i]!)).toBe(added)
  }
  const { rows } = await t.pool.query('select id, count(*)::int as n from runs group by id having count(*) > 1')
  expect(rows).toEqual([])
  expect(t.logged.filter(({ level }) => level >= 50)).toEqual([])
  t.answer(() => answered(200))
})

test('deleting an automation with more than a thousand waiting runs cancels all of them', async () => {
  const automation = await t.automation({ trigger: onDemand, actions: [wait] })
  for (let i = 0; i < 2; i++) {
    const response = await t.request('/api/crm/records/batch', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': t.apiKey },
      body: JSON.stringify({
        object_id: 'leads',
        records: Array.from({ length: 600 }, (_, n) => ({ name: `Lead ${n}` })),
      }),
    })
    const { data } = (await response.json()) as { data: { id: string }[] }
    await start(automation, ...data)
  }
  const count = async (condition: string) => {
    const { rows } = await t.pool.query(
      `select count(*)::int as n from runs where automation_id = $1 and ${condition}`,
      [uuidOf('automation', automation.id)],
    )
    return rows[0].n as number
  }
  await until(async () => (await count(`status = 'waiting'`)) === 1200)
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
  await until(async () => (await count(`status = 'cancelled'`)) === 1200)
  expect(await count('true')).toBe(1200)
})

test('runs by hand of a serial automation go one after another for each record, beside each other for several', async () => {
  const automation = await t.automation({ trigger: onDemand, serial: true, actions: [wait] })
  const [ada, ben] = [await t.lead(), await t.lead()]
  const rounds = await Promise.all([
    start(automation, ada, ben),
    start(automation, ben, ada),
    start(automation, ada, ben),
  ])
  const ids = rounds.flat()
  for (let left = ids.length; left > 0; left -= 2) {
    const waiting = await until(async () => {
      const live = (await listed(automation)).filter(({ status }) => status === 'waiting')
      return live.length === 2 ? live : null
    })
    expect(new Set(waiting.map(({ trigger }) => trigger.record_id))).toEqual(new Set([ada.id, ben.id]))
    for (const { id } of waiting) await act('resume', id)
    for (const { id } of waiting) await standing(id, 'succeeded')
  }
})

test('a retry that is asked for twice under one Idempotency-Key makes one run', async () => {
  t.answer(() => answered(500))
  const automation = await t.automation({ trigger: onDemand, actions: [hook] })
  const [id] = await start(automation, await t.lead())
  await standing(id!, 'failed')
  const once = () => t.client.call(retryRunRoute, { params: { id: id! } }, { idempotencyKey: 'retry-1' })
  expect(await once()).toEqual(await once())
  expect((await listed(automation)).length).toBe(2)
  t.answer(() => answered(200))
})
