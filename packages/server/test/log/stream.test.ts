import { cancelRunRoute, runAutomationRoute, type Run, streamRunsRoute } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../src/api/listen.ts'
import { type AppWithWorker, startAppWithWorker } from '../app-with-worker.ts'
import { until } from '../helpers.ts'

let t: AppWithWorker
beforeAll(async () => {
  t = await startAppWithWorker()
})
afterAll(() => t.drop())

/** Reads a stream's runs one after another. */
async function open(query: object, client = t.client) {
  const response = await client.request(streamRunsRoute, { query: query as never })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = (await reader.read()).value!
  return {
    response,
    next: async (): Promise<Run> => {
      for (;;) {
        const found = /event: run\nid: (\w+)\ndata: (.*)\n\n/.exec(text)
        if (found !== null) {
          text = text.slice(found.index + found[0].length)
          const run = JSON.parse(found[2]!) as Run
          expect(run.id).toBe(found[1])
          return run
        }
        const { value, done } = await reader.read()
        if (done) throw new Error('The stream is over.')
        text += value
      }
    },
    first: text,
    close: () => reader.cancel(),
  }
}

const byHand = { event: 'manual', object: 'leads' }
const start = async (automation: { id: string }, lead: { id: string }) =>
  (await t.client.call(runAutomationRoute, { params: { id: automation.id }, body: { record_id: lead.id } })).data[0]!
    .run_id

test('a stream tells of runs that began before it and end under it, and of new ones; each state once', async () => {
  const automation = await t.automation({
    trigger: byHand,
    actions: [{ type: 'wait', config: { duration: 1, unit: 'weeks' } }],
  })
  const other = await t.automation({ trigger: byHand, actions: [{ type: 'stop', config: {} }] })
  const lead = await t.lead()
  const early = await start(automation, lead)
  await t.runOf(automation, 'waiting')
  // as if it had begun long before the stream looks back
  const old = '01890000-0000-7000-8000-000000000001'
  await t.pool.query('update runs_live set id = $2 where id = $1', [early.slice(4), old])
  const stream = await open({ automation_id: automation.id })
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
  expect(stream.first).toContain('event: begun\ndata: {}\n\n')
  const oldId = `run_${old.replaceAll('-', '')}`
  await t.client.call(cancelRunRoute, { params: { id: oldId } })
  expect(await stream.next()).toMatchObject({ id: oldId, status: 'cancelled', steps: [{ status: 'cancelled' }] })
  await start(other, lead)
  await t.runOf(other, 'succeeded')
  const id = await start(automation, lead)
  const states: string[] = []
  let run: Run
  do {
    run = await stream.next()
    expect(run.id).toBe(id)
    states.push(run.status)
    if (run.status === 'waiting') await t.client.call(cancelRunRoute, { params: { id } })
  } while (run.status !== 'cancelled')
  expect(new Set(states).size).toBe(states.length)
  await stream.close()
})

test('a stream can be for some statuses alone', async () => {
  const automation = await t.automation({ trigger: byHand, actions: [{ type: 'stop', config: {} }] })
  const stream = await open({ automation_id: automation.id, status: 'succeeded,failed' })
  const id = await start(automation, await t.lead())
  expect(await stream.next()).toMatchObject({ id, status: 'succeeded' })
  await stream.close()
})

test('a run that comes to another status leaves the stream of those that wait, once', async () => {
  const automation = await t.automation({
    trigger: byHand,
    actions: [{ type: 'wait', config: { duration: 1, unit: 'weeks' } }],
  })
  const lead = await t.lead()
  const early = await start(automation, lead)
  await t.runOf(automation, 'waiting')
  const response = await t.client.request(streamRunsRoute, {
    query: { automation_id: automation.id, status: 'waiting' },
  })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = (await reader.read()).value!
  await t.client.call(cancelRunRoute, { params: { id: early } })
  const late = await start(automation, lead)
  while (!(text.includes(`event: run\nid: ${late}`) && text.includes(`event: left\nid: ${early}`)))
    text += (await reader.read()).value!
  await t.client.call(cancelRunRoute, { params: { id: late } })
  while (!text.includes(`event: left\nid: ${late}`)) text += (await reader.read()).value!
  expect([...text.matchAll(/event: left/g)]).toHaveLength(2)
  expect(text).toContain('"status":"cancelled"')
  await reader.cancel()
})

test('more than ten streams of a caller are refused, more than twenty of a workspace too, and closing one makes room', async () => {
  const callers = await Promise.all([1, 2, 3].map(async () => t.clientOf((await t.newKey('server')).key)))
  const streams = []
  for (const client of callers.slice(0, 2)) {
    for (let i = 0; i < 10; i++) streams.push(await open({}, client))
    await expect(open({}, client)).rejects.toMatchObject({ status: 429 })
  }
  await expect(open({}, callers[2])).rejects.toMatchObject({ status: 429 })
  await streams.pop()!.close()
  streams.push(await open({}, callers[2]))
  for (const stream of streams) await stream.close()
})

test('a reader whose connection breaks leaves its place', async () => {
  const server = await listen(t.app, { host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${server.port}/api/runs/stream`
  const openOverHttp = async () => {
    const left = new AbortController()
    const response = await fetch(url, { headers: { 'x-api-key': t.apiKey }, signal: left.signal })
    if (response.ok) await response.body!.getReader().read()
    return { status: response.status, leave: () => left.abort() }
  }
  const streams = []
  for (let i = 0; i < 10; i++) streams.push(await openOverHttp())
  expect((await openOverHttp()).status).toBe(429)
  for (const { leave } of streams) leave()
  await until(async () => {
    const stream = await openOverHttp()
    stream.leave()
    return stream.status === 200
  })
  await server.close(0)
})
