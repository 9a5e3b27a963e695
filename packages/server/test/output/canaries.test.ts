import { randomBytes } from 'node:crypto'
import {
  changePassword,
  createApiKey,
  getImportRoute,
  inviteUser,
  listImportsRoute,
  logIn,
  makePasswordLink,
  publicId,
  putSecret,
  readSigningSecret,
} from '@kantos/model'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { importChore } from '../../src/chores/import.ts'
import { createPool } from '../../src/db/pool.ts'
import { createMailer } from '../../src/ports/mailer.ts'
import { IMPORTS_FOLDER } from '../../src/records/import.ts'
import { masterKey, readKeys } from '../../src/secrets/key.ts'
import { TEST_ORIGIN, TEST_PASSWORD } from '../app.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../receivers.ts'
import { sampleCall, titleOf, type World } from '../input/sample-calls.ts'

const canary = () => `Cnry${randomBytes(18).toString('base64url').replace(/[-_]/g, 'x')}`
/** One secret of each kind: those we choose, and those that the product makes. */
const secrets: Record<string, string> = {
  smtpPassword: canary(),
  masterKey: canary(),
  storedSecret: canary(),
  userPassword: canary(),
  webhookSecret: canary(),
  databasePassword: canary(),
  csvCell: canary(),
  csvRefused: canary(),
}
/** The keys that are used, as bytes: the master key that the setting stands for, and what is derived from it. */
const keys: Record<string, Buffer> = {}
/** Where a kind may stand: the owner of an automation's URL reads it there, and a new key is shown once. */
const SHOWN_BY: Record<string, RegExp> = {
  // what people import they read again
  csvCell: /records|imports/,
  csvRefused: /records\/import/,
  inboundToken: /^(?:GET|POST|PUT) \/automations/,
  webhookSecret: /^(?:GET|POST|PUT) \/automations/,
  signingSecret: /signing-secret/,
}

let e: TestEngine
let smtp: SmtpReceiver
let world: World
let automation: string
let apiKey: string
let viewer: { cookie: string }
let owner: { cookie: string }
/** every line of the log, at its loudest */
const log: string[] = []
beforeAll(async () => {
  e = await createTestEngine({
    secretKey: secrets.masterKey!,
    smtpUrl: `smtp://kantos:${secrets.smtpPassword}@127.0.0.1:25`,
  })
  const { services } = e
  services.log = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }) as typeof services.log
  smtp = await startSmtpReceiver({ auth: { user: 'kantos', pass: secrets.smtpPassword! } })
  services.mailer = createMailer({ smtpUrl: smtp.url, from: services.config.mailFrom })
  await prepare()
})
afterAll(async () => {
  await e.stop()
  await smtp.close()
})

async function prepare(): Promise<void> {
  const { client, services } = e
  const [bytes] = readKeys({ secretKey: secrets.masterKey, dataDir: services.config.dataDir })
  keys.masterKeyInUse = bytes!
  keys.sealingKey = masterKey(bytes!).derive('secrets')
  keys.chainKey = services.chainKey(e.workspaceId)
  expect(keys.chainKey).toEqual(masterKey(bytes!).derive('chain', e.workspaceId))
  await client.call(putSecret, { params: { name: 'token' }, body: { value: secrets.storedSecret! } })
  secrets.signingSecret = (await client.call(readSigningSecret)).secret.slice('whsec_'.length)
  apiKey = (await client.call(createApiKey, { body: { name: 'Canary', type: 'server' } })).key
  // its first characters are its hint, by which people know it
  secrets.apiKey = apiKey.slice(16)
  const person = await e.logIn('viewer')
  await person.client.call(changePassword, {
    body: { current_password: TEST_PASSWORD, password: secrets.userPassword! },
  })
  const again = await e.request('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: TEST_ORIGIN },
    body: JSON.stringify({ email: person.email, password: secrets.userPassword }),
  })
  const cookie = /kantos_session=[^;]+/.exec(again.headers.get('set-cookie')!)![0]
  secrets.sessionToken = cookie.slice('kantos_session='.length)
  viewer = { cookie }
  owner = await e.logIn('owner')
  const token = (url: string) => new URL(url).searchParams.get('token')!
  secrets.invitation = token((await client.call(inviteUser, { body: { email: 'x@example.org', role: 'viewer' } })).url)
  const user = publicId('user', person.id)
  secrets.passwordLink = token((await client.call(makePasswordLink, { params: { id: user } })).url)
  automation = await e.automation({
    name: 'Tells everybody',
    trigger: { event: 'record.created', object: 'leads' },
    actions: [
      { type: 'send_email', config: { to: '{{record.email}}', subject: 'Hi', body: 'Hello {{record.name}}' } },
      { type: 'webhook', key: 'ok', config: { url: `${e.http.url}/ok`, headers: { 'X-Token': '{{secrets.token}}' } } },
      {
        type: 'webhook',
        key: 'no',
        on_error: 'continue',
        config: {
          url: `${e.http.url}/no?{{secrets.token}}`,
          body: 'x{{secrets.token}}y',
          retry: { delays_seconds: [] },
        },
      } as never,
      { type: 'update_record', config: { fields: { notes: 'got {{json(steps.ok)}}' } } },
    ],
  })
  const made = async (trigger: object) => {
    const answer = await e.request('/api/automations', {
      method: 'POST',
      headers: { 'x-api-key': e.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Called', status: 'active', trigger, actions: [{ type: 'stop' }] }),
    })
    return answer.json()
  }
  const signed = await made({ event: 'webhook.received', auth: { type: 'signature', secret: secrets.webhookSecret } })
  const called = await made({ event: 'webhook.received' })
  secrets.inboundToken = called.webhook.token
  world = {
    record: await e.create('leads', { name: 'Ada', email: 'ada@example.org' }),
    automation,
    receiver: { id: called.id, token: called.webhook.token },
    template: 'tmpl_0',
    user,
    key: signed.id,
    invited: 'x@example.org',
  }
}

/** What is searched for: a secret in every spelling, and each piece of 12 characters of it, backwards too. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const pieces = Array.from({ length: Math.max(1, secret.length - 11) }, (_, at) => secret.slice(at, at + 12))
  const backwards = [...secret].reverse().join('')
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(before === 0 ? 0 : 4, -4),
  )
  const escaped = [...secret].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const entities = [...secret].map((char) => `&#${char.charCodeAt(0)};`).join('')
  const percent = [...bytes].map((byte) => `%${byte.toString(16)}`).join('')
  return [
    ...pieces,
    backwards.slice(0, 12),
    ...base64.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(secret),
    escaped,
    entities,
    percent,
  ]
}

/** Bytes in their spellings, and each piece of 12 of them. */
function spellingsOfBytes(bytes: Buffer): string[] {
  return Array.from({ length: bytes.length - 11 }, (_, at) => bytes.subarray(at, at + 12)).flatMap((piece) => [
    piece.toString('hex'),
    piece.toString('hex').toUpperCase(),
    piece.toString('latin1'),
    [...piece].join(','),
    ...[0, 1, 2].map((before) =>
      Buffer.concat([Buffer.alloc(before), piece])
        .toString('base64')
        .slice(before === 0 ? 0 : 4, -4),
    ),
    ...[0, 1, 2].map((before) =>
      Buffer.concat([Buffer.alloc(before), piece])
        .toString('base64url')
        .slice(before === 0 ? 0 : 4, -4),
    ),
  ])
}

const spelt = new Map<string | Buffer, string[]>()
/** The spellings of a secret or a key, made once. */
function spellingsOf(secret: string | Buffer): string[] {
  const known = spelt.get(secret)
  if (known !== undefined) return known
  const made = [...new Set(typeof secret === 'string' ? spellings(secret) : spellingsOfBytes(secret))]
  spelt.set(secret, made)
  return made
}

/** The kinds of secrets that a text holds. */
function found(text: string, except: (kind: string) => boolean = () => false): string[] {
  return Object.entries<string | Buffer>({ ...secrets, ...keys })
    .filter(([kind, secret]) => !except(kind) && spellingsOf(secret).some((spelling) => text.includes(spelling)))
    .map(([kind]) => kind)
}

async function dump(): Promise<Map<string, string>> {
  const { rows } = await e.pool.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  )
  const tables = new Map<string, string>()
  for (const { name } of rows) {
    const { rows: held } = await e.pool.query<{ row: string }>(`select t::text as row from ${name} t`)
    tables.set(name, held.map(({ row }) => row).join('\n'))
  }
  return tables
}

test('the runs of automations that use secrets tell them to their receivers alone', async () => {
  e.http.otherwise(({ path, headers, body }) => ({
    kind: 'answer',
    status: path.startsWith('/ok') ? 200 : 500,
    headers: { 'content-type': 'application/json', 'x-echo': String(headers['x-token'] ?? path) },
    body: JSON.stringify({ path, headers, body: body.toString(), again: body.toString('base64') }),
  }))
  await e.create('leads', { name: 'Bob', email: 'bob@example.org' })
  await e.ended(automation, 2)
  await smtp.received(2)
  expect(e.http.requests.filter(({ headers }) => headers['x-token'] === secrets.storedSecret).length).toBeGreaterThan(0)
  const others = e.http.requests
    .map(({ path, headers, body }) => `${path} ${JSON.stringify(headers)} ${body}`)
    .join('\n')
  expect(found(others, (kind) => kind === 'storedSecret')).toEqual([])
  expect(found(smtp.mails.map(({ raw }) => raw).join('\n'))).toEqual([])
  for (const run of await e.runs(automation)) expect(found(JSON.stringify(run))).toEqual([])
})

test('an open stream of runs tells none, to whoever listens', async () => {
  const url = '/api/runs/stream'
  const callers: Record<string, string>[] = [
    { 'x-api-key': apiKey },
    { cookie: viewer.cookie, 'sec-fetch-site': 'same-origin' },
    { cookie: owner.cookie, 'sec-fetch-site': 'same-origin' },
  ]
  const streams = await Promise.all(
    callers.map(async (headers) => (await e.request(url, { headers })).body!.getReader()),
  )
  const told = streams.map(() => '')
  const listening = streams.map(async (reader, i) => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      told[i] += new TextDecoder().decode(value)
    }
  })
  const before = (await e.runs(automation)).length
  await e.create('leads', { name: 'Eve', email: 'eve@example.org' })
  const { id } = (await e.ended(automation, before + 1)).at(-1)!
  await until(() => told.every((text) => text.includes(id) && text.includes('"status":"succeeded"')))
  for (const reader of streams) await reader.cancel()
  await Promise.allSettled(listening)
  expect(told.map((text) => found(text))).toEqual(told.map(() => []))
})

test('what a CSV file holds is told to nobody but those who read records and imports, and the file is gone', async () => {
  const { services } = e
  const csv = `name,email,score\r\n${secrets.csvCell},c@example.org,1\r\nBad,${secrets.csvRefused},2\r\nWorse,w@example.org,${secrets.csvRefused}\r\n`
  const before = log.length
  const upload = async (body: string, type: string, search = '') =>
    e.request(`/api/crm/records/import?object_id=leads${search}`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': type },
      body,
    })
  expect((await upload(csv, 'text/csv')).status).toBe(202)
  for (const [body, type] of [
    [csv, 'application/json'],
    [csv.replaceAll('\r\n', '"'), 'text/csv'],
    [`${secrets.csvCell},nope\r\n${csv}`, 'text/csv'],
  ] as const)
    await upload(body, type)
  const chore = importChore(services)
  for (const { name, data } of e.chores.splice(0))
    if (name === chore.name) await chore.run(data, new AbortController().signal)
  await e.quiet()
  expect(found(log.slice(before).join('\n'))).toEqual([])
  const { data } = await e.client.call(listImportsRoute, { query: {} })
  expect(data.length).toBeGreaterThan(0)
  const imports = await Promise.all(data.map(({ id }) => e.client.call(getImportRoute, { params: { id } })))
  expect(imports.find(({ failed }) => failed === 2)).toMatchObject({ status: 'done', created: 1 })
  expect(found(await services.metrics.metrics())).toEqual([])
  const uploads = await readdir(join(services.config.dataDir, IMPORTS_FOLDER))
  expect(uploads).toEqual([])
})

test('no answer of any route tells one, right or wrong, but where it is meant to be read', async () => {
  const wrong: string[] = []
  const callers: Record<string, string>[] = [
    { 'x-api-key': apiKey },
    { cookie: viewer.cookie, 'sec-fetch-site': 'same-origin' },
    { cookie: owner.cookie, 'sec-fetch-site': 'same-origin' },
    { 'x-api-key': `${apiKey}x` },
    {},
  ]
  let calls = 0
  for (const endpoint of e.app.endpoints) {
    const { route } = endpoint
    const sample = sampleCall(endpoint, world)
    const path = `/api${route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(sample.params[name]!))}`
    // what ends sessions, keys and secrets would end this test too
    const bodies =
      route.method === 'get'
        ? [undefined]
        : route.method === 'delete'
          ? []
          : ['{"nope":', JSON.stringify({ nope: secrets.userPassword!.slice(0, 3) })]
    for (const headers of callers)
      for (const body of bodies) {
        const search = route.method === 'get' ? `?${new URLSearchParams(sample.query)}` : ''
        const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
        const response = await e.request(path + (search === '?' ? '' : search), {
          method: route.method.toUpperCase(),
          body,
          headers: { ...type, ...headers },
        })
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
        if (isStream) await response.body?.cancel()
        const text = `${JSON.stringify([...response.headers])} ${isStream ? '' : await response.text()}`
        const mayShow = (kind: string) =>
          response.ok && headers !== callers[1] && SHOWN_BY[kind]?.test(titleOf(route)) === true
        const told = found(text, mayShow)
        if (told.length > 0)
          wrong.push(`${titleOf(route)} as ${JSON.stringify(headers).slice(0, 20)} ${response.status}: ${told}`)
        calls += 1
      }
  }
  for (const path of ['/metrics', '/healthz', '/readyz', '/api/openapi.json', '/api/docs', '/'])
    wrong.push(...found(await (await e.request(path)).text()).map((kind) => `${path}: ${kind}`))
  expect(wrong).toEqual([])
  expect(calls).toBeGreaterThan(200)
})

test('no failure tells one: a mail server that refuses the password, a database that is away, a fault of ours', async () => {
  const { services } = e
  const wrongPassword = smtp.url.replace(secrets.smtpPassword!, `${secrets.smtpPassword}x`)
  const mailer = createMailer({ smtpUrl: wrongPassword, from: services.config.mailFrom })
  const mail = { from: 'a@example.org', to: ['b@example.org'], subject: 'Hi', text: 'x', messageId: '<a@b>' }
  const refused = await mailer.send(mail as never)
  expect(refused).toMatchObject({ kind: 'failed', code: 'SMTP_AUTH' })
  await mailer.close()
  const pool = createPool(`postgres://kantos:${secrets.databasePassword}@127.0.0.1:1/none`, {
    max: 1,
    applicationName: 'kantos test',
  })
  const away = createApp(Object.assign(Object.create(services), { pool }))
  const texts = [JSON.stringify(refused)]
  const paths = [`/api/webhooks/automation/${world.receiver.id}/${world.receiver.token}`, '/api/session']
  for (const path of paths) {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"a@b.c","password":"x"}',
    }
    const response = await away.hono.request(TEST_ORIGIN + path, init)
    expect(response.status).toBe(503)
    texts.push(await response.text())
  }
  await pool.end()
  await e.client
    .call(logIn, { body: { email: 'a@b.c', password: secrets.userPassword! } })
    .catch((error: unknown) => texts.push(String(error)))
  expect(found(texts.join('\n'))).toEqual([])
  expect(log.length).toBeGreaterThan(0)
})

test('the log holds none, at any level', () => {
  expect(log.flatMap((line) => found(line).map((kind) => `${kind} in ${line.slice(0, 300)}`))).toEqual([])
})

test('the database holds none in the clear, but the token that is part of an automation’s URL', async () => {
  const wrong: string[] = []
  const tables = await dump()
  for (const [name, text] of tables)
    wrong.push(
      ...found(
        text,
        (kind) => kind.startsWith('csv') || (kind === 'inboundToken' && name === 'public.automations'),
      ).map((kind) => `${name}: ${kind}`),
    )
  expect(tables.size).toBeGreaterThan(20)
  expect(wrong).toEqual([])
})

test('the search finds what it is to find: each secret and each key, in each spelling', () => {
  for (const [kind, secret] of Object.entries(secrets))
    for (const spelling of spellings(secret)) expect(found(`…${spelling}…`)).toContain(kind)
  for (const [kind, key] of Object.entries(keys))
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
      expect(found(`…${key.toString(encoding)}…`)).toContain(kind)
  expect(Object.keys({ ...secrets, ...keys }).length).toBeGreaterThan(16)
})
