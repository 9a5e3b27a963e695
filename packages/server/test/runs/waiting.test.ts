import {
  compareVersionsRoute,
  deactivateAutomationRoute,
  getAutomationRoute,
  restoreVersionRoute,
  uuidOf,
  type WaitingRuns,
  type WaitingRunsResult,
  updateAutomationRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActionInput, createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

const trigger = { event: 'record.created', object: 'leads' }
const pause = (key = 'pause'): ActionInput => ({ type: 'wait', key, config: { duration: 1, unit: 'hour' } })
const note = (key: string, notes = key): ActionInput => ({ type: 'update_record', key, config: { fields: { notes } } })

async function waiting(actions: ActionInput[], rest: object = {}): Promise<{ id: string; record: string }> {
  const id = await e.automation({ trigger, actions, ...rest })
  const record = await e.create('leads', { name: 'Ada' })
  await e.standing(id, 'wait')
  // one run is enough: other tests create leads too
  await e.client.call(deactivateAutomationRoute, { params: { id } })
  return { id, record }
}

async function save(
  id: string,
  actions: ActionInput[],
  waitingRuns?: WaitingRuns,
  rest: object = {},
): Promise<WaitingRunsResult | undefined> {
  const answer = await e.client.call(updateAutomationRoute, {
    params: { id },
    query: waitingRuns === undefined ? {} : { waiting_runs: waitingRuns },
    body: { name: 'An automation', trigger, actions, ...rest } as never,
  })
  return answer.waiting_runs_result
}

test('a waiting run is counted, and finishes on its version when nobody says otherwise', async () => {
  const { id, record } = await waiting([pause(), note('old')])
  expect((await e.client.call(getAutomationRoute, { params: { id } })).waiting_runs).toBe(1)
  expect(await save(id, [pause(), note('new')])).toBeUndefined()
  await e.passTime(id)
  expect(await e.run(id)).toMatchObject({ status: 'succeeded', version: 1 })
  expect((await e.values(record))!.notes).toBe('old')
  expect((await e.client.call(getAutomationRoute, { params: { id } })).waiting_runs).toBe(0)
})

test('a moved run goes on behind its step in the new version, wherever that stands there, and its log says so', async () => {
  const { id, record } = await waiting([note('first'), pause(), note('old')])
  const { due_at: due } = (await e.live(id))[0]!
  expect(await save(id, [note('new_first'), note('first'), note('second'), pause(), note('new')], 'move')).toEqual({
    choice: 'move',
    moved: 1,
    cancelled: 0,
    kept: 0,
    kept_runs: [],
  })
  const [live] = await e.live(id)
  expect(live!.due_at).toEqual(due)
  await e.passTime(id)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'succeeded', version: 2 })
  expect(run.steps.map(({ key, path }) => `${key} ${path}`)).toEqual([
    'first actions/0',
    'pause actions/3',
    'new actions/4',
  ])
  expect(run.steps[1]!.notes).toEqual(['moved from version 1 to version 2'])
  expect((await e.values(record))!.notes).toBe('new')
})

test('a run whose step is gone, is another, or stands elsewhere stays on its version and is named with the reason', async () => {
  const { id } = await waiting([pause(), note('old')])
  const [live] = await e.live(id)
  const named = async (actions: ActionInput[]) => {
    const result = (await save(id, actions, 'move'))!
    expect(result).toMatchObject({ moved: 0, kept: 1 })
    expect(uuidOf('run', result.kept_runs[0]!.run_id)).toBe(live!.id)
    return result.kept_runs[0]!.reason
  }
  expect(await named([note('new')])).toBe('Version 2 has no step “pause” any more.')
  expect(await named([note('pause')])).toBe('Version 3 has another action as “pause”: update_record, not wait.')
  expect(await named([{ type: 'for_each', config: { items: ['a'], actions: [pause()] } }])).toMatch(/elsewhere/)
  await e.passTime(id)
  expect(await e.run(id)).toMatchObject({ status: 'succeeded', version: 1 })
})

test('a run that waits inside a branch and a loop is moved there, and takes its turns in the new version', async () => {
  const inside = (...actions: ActionInput[]): ActionInput[] => [
    {
      type: 'for_each',
      key: 'each',
      config: {
        items: ['a', 'b'],
        actions: [
          {
            type: 'branch',
            key: 'fork',
            config: { conditions: [{ if: { field: 'name', operator: 'equals', value: 'Ada' }, then: actions }] },
          },
        ],
      },
    },
  ]
  const { id } = await waiting(inside(pause(), note('old')))
  const next = [note('before'), ...inside(note('first'), pause(), note('new'))]
  expect(await save(id, next, 'move')).toMatchObject({ moved: 1, kept: 0 })
  await e.passTime(id)
  await e.standing(id, 'wait')
  await e.passTime(id)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'succeeded', version: 2 })
  expect(run.steps.map(({ key, index }) => `${key} ${index ?? ''}`)).toEqual([
    'each ',
    'fork 0',
    'pause 0',
    'new 0',
    'fork 1',
    'first 1',
    'pause 1',
    'new 1',
  ])
})

test('cancelling ends what waits on older versions', async () => {
  const { id } = await waiting([pause()])
  expect(await save(id, [pause(), note('new')], 'cancel')).toMatchObject({ cancelled: 1, moved: 0 })
  expect(await e.run(id)).toMatchObject({ status: 'cancelled', version: 1 })
})

test('a run that waits for its next attempt is moved with it, and the attempt counts on', async () => {
  e.http.next({ kind: 'answer', status: 503 })
  const hook: ActionInput = {
    type: 'webhook',
    key: 'hook',
    config: { url: `${e.http.url}/x`, retry: { delays_seconds: [3600] } },
  }
  const id = await e.automation({ trigger, actions: [hook, note('old')] })
  await e.create('leads', { name: 'Ada' })
  await e.standing(id, 'retry')
  expect(await save(id, [note('before'), hook, note('new')], 'move')).toMatchObject({ moved: 1 })
  await e.passTime(id)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'succeeded', version: 2 })
  expect(run.steps.map(({ key, attempt }) => `${key} ${attempt}`)).toEqual(['hook 2', 'new 1'])
  await save(id, [pause()], 'finish', { status: 'inactive' })
})

test('runs that stand in the queue begin in the new version, and its conditions are asked', async () => {
  const id = await e.automation({
    trigger: { event: 'record.updated', object: 'leads' },
    serial: true,
    actions: [pause(), note('old')],
  })
  const record = await e.create('leads', { name: 'Queue' })
  await e.update(record, { phone: '+49 30 1' })
  await e.standing(id, 'wait')
  await e.update(record, { phone: '+49 30 2' })
  await e.standing(id, 'turn')
  const updated = { event: 'record.updated', object: 'leads' }
  const conditions = { match: 'all', rules: [{ field: 'phone', operator: 'equals', value: '+49 30 1' }] }
  const result = await save(id, [pause(), { type: 'stop' }], 'move', { trigger: updated, serial: true, conditions })
  expect(result).toMatchObject({ moved: 2 })
  await e.passTime(id)
  const runs = await e.ended(id, 2)
  expect(runs.map(({ status, version }) => `${status} ${version}`).toSorted()).toEqual(['skipped 2', 'succeeded 2'])
})

test('exit conditions of the new version end a moved run, at once and by what happens later', async () => {
  const { id, record } = await waiting([pause(), note('old')])
  const exit = (value: string) => ({ exit: { match: 'all', rules: [{ field: 'status', operator: 'equals', value }] } })
  expect(await save(id, [pause()], 'move', exit('converted'))).toMatchObject({ moved: 1 })
  await e.standing(id, 'wait')
  await e.update(record, { status: 'converted' })
  expect(await e.run(id)).toMatchObject({ status: 'cancelled', version: 2, error: { code: 'EXITED' } })
  const other = await waiting([pause(), note('old')])
  expect(await save(other.id, [pause()], 'move', exit('new'))).toMatchObject({ moved: 1 })
  expect(await e.run(other.id)).toMatchObject({ status: 'cancelled', error: { code: 'EXITED' } })
})

test('what a worker takes up while it is moved ends whole on one version', async () => {
  const ids: string[] = []
  // one after the other, so that the lead of one starts no run of another
  for (let n = 0; n < 12; n++) ids.push((await waiting([pause(), note('old_a'), note('old_b')])).id)
  await Promise.all(
    ids.map(async (one, n) => {
      const moving = save(one, [pause(), note('new_a'), note('new_b')], 'move')
      // some at once, the others when the moving is about to begin
      if (n % 3 > 0)
        await until(async () => (await e.client.call(getAutomationRoute, { params: { id: one } })).version === 2)
      await e.passTime(one)
      const result = (await moving)!
      const run = await e.run(one)
      expect(run.status).toBe('succeeded')
      expect(result.moved).toBe(run.version - 1)
      const way = run.version === 1 ? 'old' : 'new'
      expect(run.steps.map(({ key }) => key)).toEqual(['pause', `${way}_a`, `${way}_b`])
    }),
  )
})

test('two versions are compared in words and as JSON, either way round; one that never was is not found', async () => {
  const { id } = await waiting([pause(), note('old')])
  await save(id, [pause()])
  const compare = (n: string, other: string) => e.client.call(compareVersionsRoute, { params: { id, n, other } })
  expect(await compare('1', '2')).toEqual({
    from: 1,
    to: 2,
    words: ['Step Update Record “old” was removed'],
    changes: [{ kind: 'removed', path: '/actions/1', from: expect.objectContaining({ key: 'old' }) }],
  })
  expect((await compare('2', '1')).words).toEqual(['Step Update Record “old” was added'])
  await expect(compare('1', '3')).rejects.toMatchObject({ status: 404 })
})

test('a restore moves waiting runs, too; the audit log says what became of them', async () => {
  const { id } = await waiting([pause(), note('old')])
  await save(id, [pause()])
  const answer = await e.client.call(restoreVersionRoute, {
    params: { id, n: '1' },
    query: { waiting_runs: 'move' },
  })
  expect(answer).toMatchObject({ version: 3, waiting_runs_result: { moved: 1 } })
  await e.passTime(id)
  expect(await e.run(id)).toMatchObject({ version: 3, status: 'succeeded' })
  const { rows } = await e.pool.query(
    `select action, details from audit_log where target = $1 order by at desc, id desc limit 1`,
    [id],
  )
  expect(rows).toMatchObject([{ action: 'automation.restored', details: { restored: 1, waiting_runs: 'move' } }])
  await until(async () => (await e.live(id)).length === 0)
})
