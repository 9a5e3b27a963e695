import { connect } from 'node:net'
import { createApiKey, listApiKeys, listUsers } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { errorBody, toApiError } from '../../src/api/errors.ts'
import { type Listening, listen } from '../../src/api/listen.ts'
import { createPool } from '../../src/db/pool.ts'
import { createTestApp, TEST_ORIGIN, type TestApp } from '../app.ts'

let t: TestApp
let server: Listening
beforeAll(async () => {
  t = await createTestApp()
  server = await listen(t.app, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server.close(100)
  await t.drop()
})

interface Asked {
  method?: string
  key?: string
  body?: string
  headers?: Record<string, string>
}
/** Over a real socket, as a caller does. */
async function ask(path: string, { method = 'GET', key = t.apiKey, body, headers = {} }: Asked = {}) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    body,
    headers: {
      'x-api-key': key,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
}
const patch = (body: string) => ask('/api/settings', { method: 'PATCH', body })

test('every error has text, code and status, and the headers of rate and safety', async () => {
  const { status, headers, body } = await ask('/api/nothing')
  expect(status).toBe(404)
  expect(body).toEqual({ error: 'There is nothing at /api/nothing.', code: 'NOT_FOUND', status: 404 })
  expect(headers.get('x-ratelimit-limit')).toBe('100000')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
})

test.each<[string, () => ReturnType<typeof ask>, number, string]>([
  ['malformed JSON', () => patch('{"default_timezone":'), 400, 'BAD_REQUEST'],
  ['an empty body where one is needed', () => ask('/api/settings', { method: 'PATCH' }), 400, 'BAD_REQUEST'],
  ['an unknown name in the body', () => patch('{"nope":1}'), 400, 'BAD_REQUEST'],
  ['an unknown name deep in the body', () => patch('{"retention":{"nope":1}}'), 400, 'BAD_REQUEST'],
  ['__proto__ in the body', () => patch('{"__proto__":{"x":1}}'), 400, 'BAD_REQUEST'],
  ['__proto__ spelt with escapes', () => patch('{"retention":{"\\u005f_proto__":1}}'), 400, 'BAD_REQUEST'],
  [
    'a body on a route without one',
    () => ask('/api/signing-secret/rotate', { method: 'POST', body: '{"a":1}' }),
    400,
    'BAD_REQUEST',
  ],
  ['an unknown name in the query', () => ask('/api/users?nope=1'), 400, 'BAD_REQUEST'],
  ['a parameter given twice', () => ask('/api/outbox?limit=1&limit=2'), 400, 'BAD_REQUEST'],
  ['a limit over 100', () => ask('/api/outbox?limit=101'), 400, 'BAD_REQUEST'],
  ['a bad cursor', () => ask('/api/audit-log?cursor=garbage'), 400, 'BAD_REQUEST'],
  ['a NUL in the query', () => ask('/api/audit-log?actor=%00'), 422, 'VALIDATION_ERROR'],
  ['no key', () => ask('/api/users', { key: '' }), 401, 'UNAUTHORIZED'],
  ['a path without such a thing', () => ask('/api/api-keys/key_1', { method: 'DELETE' }), 404, 'NOT_FOUND'],
  ['a NUL in the path', () => ask('/api/secrets/%00', { method: 'DELETE' }), 404, 'NOT_FOUND'],
  ['a method that isn’t there', () => ask('/api/users', { method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED'],
  [
    'a body that isn’t JSON',
    () =>
      ask('/api/settings', {
        method: 'PATCH',
        body: 'a=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'a compressed body',
    () => ask('/api/settings', { method: 'PATCH', body: '{}', headers: { 'content-encoding': 'gzip' } }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['a body over 1 MiB', () => patch(`{"a":"${'x'.repeat(1024 * 1024)}"}`), 413, 'PAYLOAD_TOO_LARGE'],
  ['a known name with a bad value', () => patch('{"default_timezone":"Mars/Base"}'), 422, 'VALIDATION_ERROR'],
  ['a body that isn’t an object', () => patch('[]'), 422, 'VALIDATION_ERROR'],
])('%s is answered in kind', async (_, call, status, code) => {
  const answer = await call()
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ error: expect.any(String), code, status })
})

test('what is unknown and what is bad is named by its JSON pointer', async () => {
  expect(
    (await patch('{"retention":{"nope":1},"a/b":2}')).body.details.errors.map((e: { path: string }) => e.path),
  ).toEqual(['/retention/nope', '/a~1b'])
  const { body } = await patch('{"retention":{"done_days":0,"failed_days":"x"}}')
  expect(body.details.errors.map((e: { path: string }) => e.path)).toEqual([
    '/retention/done_days',
    '/retention/failed_days',
  ])
})

test('a text that can’t be stored is a 422 with its path', async () => {
  for (const text of ['\\u0000', '\\ud800', 'a\\udc00'])
    expect((await ask('/api/api-keys', { method: 'POST', body: `{"name":"${text}"}` })).body).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: { errors: [{ path: '/name' }] },
    })
  const { name } = await t.client.call(createApiKey, { body: { name: 'emoji \u{1F600}' } })
  expect(name).toBe('emoji \u{1F600}')
})

test('a million nested lists are refused without being parsed', async () => {
  const { status, body } = await patch('['.repeat(500_000))
  expect(status).toBe(400)
  expect(body.error).toContain('100')
  expect((await patch(`{"nope":"${'[{'.repeat(100)}"}`)).body.error).toBe('Unknown name: nope.')
})

test('a chunked body is cut off at its limit', async () => {
  const size = 4 * 1024 * 1024
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    let seen = ''
    socket.on('data', (data) => (seen += data))
    socket.on('close', () => resolve(seen))
    socket.on('error', () => resolve(seen))
    socket.setTimeout(20_000, () => reject(new Error('no answer')))
    socket.write(
      `PATCH /api/settings HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${t.apiKey}\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${size.toString(16)}\r\n${' '.repeat(size)}\r\n0\r\n\r\n`,
    )
  })
  expect(answer).toMatch(/^HTTP\/1.1 413 /)
})

test('405 names the methods that are there', async () => {
  const { headers, body } = await ask('/api/api-keys', { method: 'PUT', body: '{}' })
  expect(headers.get('allow')).toBe('GET, HEAD, POST')
  expect(body.details).toEqual({ allow: ['GET', 'HEAD', 'POST'] })
})

test('tricks with paths and methods find nothing', async () => {
  for (const path of ['/api//users', '/api/users/', '/api/Users', '/api/users;x', '/api/%2fusers', '/api/users.'])
    expect((await ask(path)).status, path).toBe(404)
  const override = await ask('/api/settings', {
    method: 'POST',
    body: '{}',
    headers: { 'x-http-method-override': 'PATCH' },
  })
  expect(override.status).toBe(405)
})

test('a key goes in X-Api-Key or in Authorization; a wrong one isn’t made good by a cookie', async () => {
  const { cookie } = await t.logIn('admin')
  const status = async (headers: Record<string, string>) => (await t.request('/api/users', { headers })).status
  expect(await status({ authorization: `Bearer ${t.apiKey}` })).toBe(200)
  expect(await status({ authorization: t.apiKey })).toBe(401)
  expect(await status({ cookie })).toBe(200)
  expect(await status({ cookie, 'x-api-key': 'kantos_0123456789abcdef' })).toBe(401)
  expect(await status({ 'x-api-key': `${t.apiKey}, ${t.apiKey}` })).toBe(401)
})

test('a revoked key stops at once here, and within a second in another process', async () => {
  const elsewhere = createApp(t.services)
  const { id, key } = await t.client.call(createApiKey, { body: { name: 'Short-lived' } })
  const there = async () =>
    (await elsewhere.hono.request(`${TEST_ORIGIN}/api/users`, { headers: { 'x-api-key': key } })).status
  expect(await there()).toBe(200)
  expect((await ask('/api/users', { key })).status).toBe(200)
  expect((await ask(`/api/api-keys/${id}`, { method: 'DELETE' })).status).toBe(204)
  const revokedAt = performance.now()
  expect((await ask('/api/users', { key })).status).toBe(401)
  let accepted = 0
  while ((await there()) !== 401) accepted = performance.now() - revokedAt
  expect(accepted).toBeLessThan(1000)
  expect((await ask(`/api/api-keys/${id}`, { method: 'DELETE' })).status).toBe(404)
})

test('a key’s use is noted', async () => {
  const { id, key } = await t.client.call(createApiKey, { body: { name: 'Used' } })
  const used = async () => (await t.client.call(listApiKeys)).data.find((entry) => entry.id === id)!.last_used_at
  expect(await used()).toBeNull()
  await t.clientOf(key).call(listUsers)
  await expect.poll(used).not.toBeNull()
})

test('a database that can’t be reached is a 503 that tells nothing about it', async () => {
  const pool = createPool('postgres://nobody:hush@127.0.0.1:1/none', { max: 1, applicationName: 'kantos test' })
  const app = createApp({ ...t.services, pool })
  const response = await app.hono.request(`${TEST_ORIGIN}/api/users`, { headers: { 'x-api-key': t.apiKey } })
  const text = await response.text()
  await pool.end()
  expect(response.status).toBe(503)
  expect(JSON.parse(text)).toMatchObject({ code: 'UNAVAILABLE', status: 503 })
  expect(text).not.toMatch(/hush|127\.0\.0\.1|ECONNREFUSED/)
  expect(response.headers.get('retry-after')).toBe('1')
})

test('a fault of ours is a 500 without its words; the log has them under the request’s id', async () => {
  await t.pool.query(`update workspaces set signing_secrets = '[{"sealed": "AAAA", "created_at": "2026-01-01"}]'`)
  const { status, body, headers } = await ask('/api/signing-secret')
  expect(status).toBe(500)
  expect(body).toEqual({ error: 'Something went wrong on our side.', code: 'INTERNAL', status: 500 })
  const entry = t.logged.find((line) => (line as { request_id?: string }).request_id === headers.get('x-request-id'))
  expect(entry).toMatchObject({ msg: 'a request failed', err: { message: expect.stringContaining('format') } })
})

test.each([
  ['23505', 409, 'CONFLICT', false],
  ['22P02', 422, 'VALIDATION_ERROR', true],
  ['40P01', 503, 'UNAVAILABLE', false],
  ['57P01', 503, 'UNAVAILABLE', false],
  ['42P01', 500, 'INTERNAL', true],
])('a database’s %s is a %i without the database’s words', (state, status, code, unexpected) => {
  const thrown = Object.assign(new Error('relation "hush" does not exist'), { code: state })
  const { error, unexpected: loud } = toApiError(thrown)
  expect({ ...errorBody(error), loud }).toMatchObject({ status, code, loud: unexpected })
  expect(JSON.stringify(errorBody(error))).not.toContain('hush')
})
