import { copyFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import {
  createAutomationRoute,
  createClient,
  createRecordRoute,
  listRunsRoute,
  putOnHoldRoute,
  putSecret,
  readHoldRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../helpers.ts'
import { type HttpReceiver, type SmtpReceiver, startHttpReceiver, startSmtpReceiver } from '../receivers.ts'
import { emptyHome, runCommand, startCommand } from './command.ts'

const API_KEY = 'kantos_0123456789abcdef'
type Home = Awaited<ReturnType<typeof emptyHome>>
let [http, smtp]: [HttpReceiver, SmtpReceiver] = [] as never
let [old, fresh]: [Home, Home] = [] as never

beforeAll(async () => {
  http = await startHttpReceiver()
  smtp = await startSmtpReceiver()
  old = await emptyHome()
  fresh = await emptyHome()
})
afterAll(async () => {
  await old.remove()
  await fresh.remove()
  await http.close()
  await smtp.close()
})

const envOf = (home: Home) => ({
  ...home.env,
  KANTOS_API_KEY: API_KEY,
  EGRESS_ALLOW: '127.0.0.1',
  SMTP_URL: smtp.url,
  MAIL_FROM: 'Kantos <kantos@example.org>',
})
const clientOf = (home: Home) => createClient({ baseUrl: home.url, apiKey: API_KEY })
const left = () => ({
  ...Object.fromEntries(['flight', 'waited', 'hooked'].map((path) => [path, received(path)])),
  mails: smtp.mails.length,
})
const received = (path: string) => http.requests.filter((request) => request.path === `/${path}`).length

async function makeWork(home: Home) {
  const client = clientOf(home)
  const automation = (lead: string, ...actions: object[]) =>
    client.call(createAutomationRoute, {
      body: {
        name: lead,
        status: 'active',
        trigger: { event: 'record.created', object: 'leads' },
        conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: lead }] },
        actions,
      } as never,
    })
  const hook = (path: string) => ({
    type: 'webhook',
    config: { url: `${http.url}/${path}`, body: '{{secrets.token}}' },
  })
  const lead = (name: string) =>
    client.call(createRecordRoute, {
      body: { object_id: 'leads', field_values: { name, email: 'ada@example.org' } } as never,
    })
  await client.call(putSecret, { params: { name: 'token' }, body: { value: 'the-hidden-word' } })
  await automation('One', hook('flight'))
  await automation('One', { type: 'wait', config: { duration: 5, unit: 'seconds' } }, hook('waited'))
  await automation('Two', hook('hooked'))
  await automation('Two', { type: 'send_email', config: { to: '{{record.email}}', subject: 'Hi', body: 'Hello' } })
  http.otherwise({ kind: 'hang' })
  await lead('One')
  await until(() => received('flight') === 1)
  await client.call(putOnHoldRoute)
  await lead('Two')
}

test('a backup with work under way is restored elsewhere: nothing leaves until it is released, then everything once', async () => {
  const server = startCommand(['serve'], envOf(old))
  await server.says(/is running at/)
  await makeWork(old)
  const file = join(old.env.DATA_DIR!, 'backup.gz')
  const made = await runCommand(['backup', file, '--json'], envOf(old))
  expect(made).toMatchObject({ code: 0, stderr: expect.stringMatching(/isn't in it\. It is .*secret\.key/) })
  expect(JSON.parse(made.stdout)).toMatchObject({ tables: { records: 2, outbox: 1, runs: 4 } })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const key = (await readFile(join(old.env.DATA_DIR!, 'secret.key'), 'utf8')).trim()
  expect(gunzipSync(await readFile(file)).includes(key)).toBe(false)
  server.signal('SIGTERM')
  await server.ended
  http.otherwise({ kind: 'answer' })

  const restored = await runCommand(['restore', file], envOf(fresh))
  expect(restored).toMatchObject({ code: 0, stderr: expect.stringMatching(/Warning: the key .* isn't here/) })
  expect(restored.stderr).toMatch(/Everything is on hold/)
  await copyFile(join(old.env.DATA_DIR!, 'secret.key'), join(fresh.env.DATA_DIR!, 'secret.key'))
  const second = startCommand(['serve'], envOf(fresh))
  await second.says(/is running at/)
  const client = clientOf(fresh)
  expect(await client.call(readHoldRoute)).toMatchObject({
    on_hold: true,
    reason: 'restore',
    waiting: { runs: 2, events: 1 },
  })
  const runs = async () => {
    const { data } = await client.call(listRunsRoute, { query: { include: 'steps' } })
    return data.filter(({ status }) => status !== 'skipped')
  }
  const before = await runs()
  await delay(3_000)
  expect(await runs()).toEqual(before)
  expect(left()).toEqual({ flight: 1, waited: 0, hooked: 0, mails: 0 })

  const busy = await runCommand(['restore', file, '--force'], envOf(fresh))
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringMatching(/Kantos is running on this database/) })
  expect((await runCommand(['release'], envOf(fresh))).code).toBe(2)
  const released = await runCommand(['release', '--runs', 'continue'], envOf(fresh))
  expect(released).toMatchObject({ code: 0, stderr: 'default goes on.\n' })
  await until(async () => (await runs()).length === 4 && (await runs()).every(({ status }) => status === 'succeeded'))
  expect(left()).toEqual({ flight: 2, waited: 1, hooked: 1, mails: 1 })
  expect(http.requests.at(-1)!.body.toString()).toBe('the-hidden-word')
  second.signal('SIGTERM')
  await second.ended
}, 240_000)

test('with the key in it, a backup opens the secrets anywhere; through a pipe as well', async () => {
  const [source, target] = [await emptyHome(), await emptyHome()]
  try {
    const made = await runCommand(['backup', '-'], source.env)
    expect(made).toMatchObject({ code: 1, stderr: expect.stringMatching(/nothing to back up/) })
    expect((await runCommand(['migrate'], source.env)).code).toBe(0)
    const key = 'dGhpcyBpcyBhIGtleSBvZiAzMiBieXRlcyBmb3IgdXM='
    const file = join(source.env.DATA_DIR!, 'b.gz')
    const withKey = await runCommand(['backup', file, '--with-key'], { ...source.env, KANTOS_SECRET_KEY: key })
    expect(withKey).toMatchObject({ code: 0, stderr: expect.stringMatching(/keep it as safe as the secrets/) })
    const restored = await runCommand(['restore', file], target.env)
    expect(restored.code).toBe(0)
    expect(restored.stderr).not.toMatch(/Warning/)
    expect(await readFile(join(target.env.DATA_DIR!, 'secret.key'), 'utf8')).toBe(`${key}\n`)
    const missing = await runCommand(['restore', `${file}.none`], target.env)
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/ENOENT/) })
  } finally {
    await source.remove()
    await target.remove()
  }
})
