import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError, createAutomationRoute, createClient, createRecordRoute, listRunsRoute } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Command, emptyHome, startCommand } from '../cli/command.ts'
import { until } from '../helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../receivers.ts'

const API_KEY = 'kantos_0123456789abcdef'
const WRITERS = 4
const STOPS = 2

let home: Awaited<ReturnType<typeof emptyHome>>
let server: Command
let http: HttpReceiver
beforeAll(async () => {
  http = await startHttpReceiver()
  home = await emptyHome()
  server = startCommand(['serve'], { ...home.env, KANTOS_API_KEY: API_KEY, EGRESS_ALLOW: '127.0.0.1' })
  await server.says(/is running at/)
})
afterAll(async () => {
  server.signal('SIGTERM')
  await server.ended
  await home.remove()
  await http.close()
})

/** The first line is the server's process id. */
const postgresPid = async () =>
  Number((await readFile(join(home.env.DATA_DIR!, 'pg18', 'postmaster.pid'), 'utf8')).split('\n')[0])

test('PostgreSQL that is stopped in mid-load is a 503 to callers; it is started again, and every acknowledged lead is welcomed once', async () => {
  const client = createClient({ baseUrl: home.url, apiKey: API_KEY })
  const { id: automation_id } = await client.call(createAutomationRoute, {
    body: {
      name: 'Welcome',
      status: 'active',
      trigger: { event: 'record.created', object: 'leads' },
      actions: [
        { type: 'update_record', config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } } },
        { type: 'webhook', config: { url: `${http.url}/{{record.id}}`, body: '{{record.follow_up_count}}' } },
      ],
    } as never,
  })
  let loading = true
  const acknowledged: string[] = []
  const refusals = new Map<number, number>()
  const write = async () => {
    while (loading) {
      try {
        const body = { object_id: 'leads', field_values: { name: 'Ada' } }
        acknowledged.push((await client.call(createRecordRoute, { body: body as never })).id)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        refusals.set(error.status, (refusals.get(error.status) ?? 0) + 1)
      }
    }
  }
  const writers = Array.from({ length: WRITERS }, write)
  for (let stop = 1; stop <= STOPS; stop++) {
    const enough = acknowledged.length + 50
    await until(() => acknowledged.length >= enough)
    const refusedBefore = refusals.get(503) ?? 0
    process.kill(await postgresPid(), 'SIGQUIT')
    await until(() => (refusals.get(503) ?? 0) > refusedBefore)
    const acknowledgedBefore = acknowledged.length
    await until(() => acknowledged.length > acknowledgedBefore)
  }
  loading = false
  await Promise.all(writers)
  expect([...refusals.keys()]).toEqual([503])
  await until(async () => {
    const { data } = await client.call(listRunsRoute, {
      query: { automation_id, status: 'queued,running,waiting' as never, limit: 1 },
    })
    const delivered = new Set(http.requests.map(({ path }) => path.slice(1)))
    return data.length === 0 && acknowledged.every((id) => delivered.has(id))
  })
  // a delivery may be repeated, under its id; the step before it was done once
  const deliveries = new Map<string, Set<string>>()
  for (const { path, headers, body } of http.requests) {
    expect(body.toString()).toBe('1')
    const ids = deliveries.get(path) ?? new Set()
    deliveries.set(path, ids.add(headers['webhook-id'] as string))
  }
  expect([...deliveries.values()].filter((ids) => ids.size > 1)).toEqual([])
}, 120_000)
