import {
  createAutomationRoute,
  createClient,
  createRecordRoute,
  createRecordsRoute,
  listRunsRoute,
  queryRecordsRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../receivers/http.ts'
import { type Command, emptyHome, runCommand, startCommand } from './command.ts'

const API_KEY = 'kantos_0123456789abcdef'
let home: Awaited<ReturnType<typeof emptyHome>>
let env: Record<string, string>
let receiver: HttpReceiver
let server: Command

beforeAll(async () => {
  receiver = await startHttpReceiver()
  home = await emptyHome()
  env = { ...home.env, KANTOS_API_KEY: API_KEY, EGRESS_ALLOW: '127.0.0.1' }
  server = startCommand(['serve'], env)
  await server.says(/is running at/)
})
afterAll(async () => {
  server.signal('SIGTERM')
  await server.ended
  await home.remove()
  await receiver.close()
})

const client = () => createClient({ baseUrl: home.url, apiKey: API_KEY })

test('the first start answers, and prints a one-time link for the owner', async () => {
  expect((await fetch(`${home.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${home.url}/`)).status).toBe(200)
  const [, token] = await server.says(/setup\?token=(\S+)/)
  expect((await fetch(`${home.url}/setup?token=${token}`)).status).toBe(200)
})

test('a second start says that it is already running, and leaves', async () => {
  const { code, stderr } = await runCommand(['serve'], env)
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('already running at') })
})

test('a port that something else has is named', async () => {
  const { code, stderr } = await runCommand(['serve'], { ...env, PORT: String(receiver.port) })
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(`:${receiver.port}`) })
})

test('an import works beside the running server: bad rows are named, good ones start automations', async () => {
  await client().call(createAutomationRoute, {
    body: {
      name: 'Tag what comes in',
      status: 'active',
      trigger: { event: 'record.created', object: 'companies' },
      actions: [{ type: 'update_record', config: { fields: { industry: 'known' } } }],
    },
  })
  const csv = 'Name,Website\nGood,https://example.org\nBad,no url\nBetter,\n'
  const { code, stdout, stderr } = await runCommand(['import', '-', '--object', 'companies'], env, csv)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '2 imported into Companies, 1 failed.\n' })
  expect(stderr).toContain('line 3: website')
  await until(async () => {
    const filters = JSON.stringify({ industry: 'known' })
    const { data } = await client().call(queryRecordsRoute, { query: { object_id: 'companies', filters } })
    return data.length === 2
  })
  const again = await runCommand(['import', '-', '--object', 'companies', '--json'], env, 'name\nThird\n')
  expect(again.code).toBe(0)
  expect(JSON.parse(again.stdout)).toMatchObject({ status: 'done', created: 1, failed: 0 })
})

test('a tail tells the runs there are and those to come', async () => {
  const words = await runCommand(['runs', 'tail', '--no-follow'], env)
  expect(words.code).toBe(0)
  expect(words.stdout).toMatch(/✓ Tag what comes in.*succeeded.*when {2}created in companies · import/s)
  const tail = startCommand(['runs', 'tail', '--json', '-n', '1'], env)
  const [, first] = await tail.says(/^(.*)\n/)
  expect(JSON.parse(first!)).toMatchObject({ automation_name: 'Tag what comes in', status: 'succeeded' })
  await client().call(createRecordRoute, { body: { object_id: 'companies', field_values: { name: 'Later' } } })
  await until(() => tail.stdout().split('\n').length > 2)
  tail.signal('SIGINT')
  expect(await tail.ended).toBe(0)
})

test('a new workspace has a key of its own, and sees nothing of the others', async () => {
  const { stdout, code } = await runCommand(['workspace', 'create', 'Acme Ltd'], env)
  expect(code).toBe(0)
  const acme = createClient({ baseUrl: home.url, apiKey: stdout.trim() })
  const { data } = await acme.call(queryRecordsRoute, { query: { object_id: 'companies' } })
  expect(data).toEqual([])
  const twice = await runCommand(['workspace', 'create', 'acme ltd', '--json'], env)
  expect(twice).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('acme-ltd') })
})

test.each([
  [2, ['nonsense'], {}, 'unknown command'],
  [2, ['import', 'x.csv'], {}, '--object'],
  [2, ['serve', '--role', 'king'], {}, 'api, worker, all'],
  [1, ['migrate'], { PORT: 'x' }, 'PORT is "x"'],
  [1, ['migrate'], { DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:1/x' }, 'at 127.0.0.1:1/x'],
  [1, ['import', '/nowhere.csv', '--object', 'leads'], {}, 'no file /nowhere.csv'],
  [1, ['runs', 'tail', '--status', 'good'], {}, 'must be one of queued'],
  [1, ['runs', 'tail', '--workspace', 'other', '--no-follow'], {}, 'there are default'],
])('exit code %d for %j, with what is wrong', async (code, args, settings, words) => {
  const result = await runCommand(args, { ...env, ...settings })
  expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) })
  expect(result.stderr).not.toMatch(/hunter2|\n {4}at /)
})

test('a stop under load ends in good order, and the next start goes on where it was', async () => {
  receiver.otherwise({ kind: 'answer', delayMs: 500 })
  await client().call(createAutomationRoute, {
    body: {
      name: 'Tell a slow receiver',
      status: 'active',
      trigger: { event: 'record.created', object: 'leads' },
      actions: [{ type: 'webhook', config: { url: receiver.url, retry: { delays_seconds: [0, 0, 0] } } }],
    },
  })
  const records = Array.from({ length: 300 }, (_, index) => ({ name: `Lead ${index}` }))
  const stream = await fetch(`${home.url}/api/runs/stream`, { headers: { 'x-api-key': API_KEY } })
  expect(stream.status).toBe(200)
  await client().call(createRecordsRoute, { body: { object_id: 'leads', records } })
  await until(() => told().size > 0)
  // it ends itself with 1 when it isn't through within its 10 s
  server.signal('SIGTERM')
  server.signal('SIGTERM')
  expect(await server.ended).toBe(0)

  receiver.otherwise({ kind: 'answer' })
  expect(told().size).toBeLessThan(300)
  server = startCommand(['serve'], env)
  await server.says(/setup\?token=/)
  const open = () => client().call(listRunsRoute, { query: { status: 'queued,running,waiting', limit: 1 } })
  await until(async () => (await open()).data.length === 0)
  const { data } = await client().call(listRunsRoute, { query: { status: 'failed,blocked', limit: 1 } })
  expect(data).toEqual([])
  expect(told().size).toBe(300)
})

/** The leads that the receiver was told of. */
function told(): Set<string> {
  const calls = receiver.requests.filter(({ method }) => method === 'POST')
  return new Set(calls.map(({ body }) => (JSON.parse(body.toString('utf8')) as { record: { id: string } }).record.id))
}
