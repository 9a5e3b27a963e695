import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { type Listening, listen } from '../../src/api/listen.ts'
import { createTestApp, TEST_ORIGIN, type TestApp } from '../app.ts'
import { speak } from '../input/raw-http.ts'

let t: TestApp
let folder: string
let server: Listening
let ask: (path: string, init?: RequestInit) => Promise<Response>
beforeAll(async () => {
  t = await createTestApp()
  folder = await mkdtemp(join(tmpdir(), 'kantos-dashboard-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'assets', 'main-1.js'), 'x'.repeat(5000))
  const app = createApp(t.services, { dashboardFolder: folder })
  ask = async (path, init) => app.hono.request(TEST_ORIGIN + path, init)
  server = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server.close(100)
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

/** What is missing among the headers that each answer carries. */
function missing(headers: Headers): string[] {
  const policy = headers.get('content-security-policy') ?? ''
  const wanted = [
    "default-src 'self'",
    "script-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return [
    ...wanted.filter((part) => !policy.includes(part)),
    ...(/script-src[^;]*(?:unsafe|\*|data:|https?:)/.test(policy) ? ['a strict script-src'] : []),
    ...Object.entries({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    }).flatMap(([name, value]) => (headers.get(name) === value ? [] : [name])),
    ...['server', 'x-powered-by'].filter((name) => headers.has(name)),
  ]
}

/** The headers of an answer that was read from a socket. */
function headersOf(text: string): Headers {
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').slice(1)
  return new Headers(lines.map((line) => line.split(': ', 2) as [string, string]))
}

test('every route answers with the security headers and is not kept, refused or not', async () => {
  const wrong: string[] = []
  for (const { route } of t.app.endpoints)
    for (const key of ['', t.apiKey]) {
      const path = `/api${route.path.replace(/\{\w+\}/g, 'x')}`
      const response = await ask(path, {
        method: route.method.toUpperCase(),
        headers: key === '' ? {} : { 'x-api-key': key },
      })
      await response.body?.cancel()
      const found = missing(response.headers)
      if (!/no-store|no-cache/.test(response.headers.get('cache-control') ?? '')) found.push('cache-control')
      if (response.headers.get('x-ratelimit-limit') === null) found.push('x-ratelimit-limit')
      if (found.length > 0) wrong.push(`${route.method} ${path} ${response.status}: ${found}`)
    }
  expect(wrong).toEqual([])
})

test.each<[string, string, RequestInit?]>([
  ['the dashboard', '/'],
  ['a page of the dashboard', '/automations/auto_1'],
  ['a script', '/assets/main-1.js'],
  ['a compressed script', '/assets/main-1.js', { headers: { 'accept-encoding': 'gzip' } }],
  ['a script that isn’t there', '/assets/nope.js'],
  ['a file that isn’t there', '/nope.png'],
  ['a way out of the folder', '/assets/..%2f..%2fpackage.json'],
  ['the API’s documentation', '/api/docs'],
  ['its script', '/api/docs/start.js'],
  ['its style', '/api/docs/swagger-ui.css'],
  ['the OpenAPI document', '/api/openapi.json'],
  ['health', '/healthz'],
  ['readiness', '/readyz'],
  ['metrics', '/metrics'],
  ['an unknown path of the API', '/api/nope'],
  ['the API itself', '/api'],
  ['a method that isn’t there', '/api/users', { method: 'DELETE' }],
  ['a method outside the API', '/x', { method: 'POST' }],
  ['OPTIONS', '/api/users', { method: 'OPTIONS' }],
  ['HEAD', '/api/users', { method: 'HEAD' }],
])('%s has the security headers', async (_, path, init) => {
  const response = await ask(path, init)
  expect(missing(response.headers)).toEqual([])
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
})

test('behind https every answer asks for https from now on; on http none does', async () => {
  const config = { ...t.services.config, publicUrl: 'https://crm.example.org' }
  const behind = createApp(Object.assign(Object.create(t.services), { config }), { dashboardFolder: folder })
  for (const path of [
    '/',
    '/assets/main-1.js',
    '/nope.png',
    '/api/docs',
    '/api/users',
    '/api/nope',
    '/healthz',
    '/metrics',
    '/api/openapi.json',
    '/api/docs/start.js',
    '/api/schemas/object.json',
    '/api',
    '/nowhere/at/all',
  ]) {
    const response = await behind.hono.request(`https://crm.example.org${path}`)
    expect([path, response.headers.get('strict-transport-security')]).toEqual([path, 'max-age=31536000'])
    expect(missing(response.headers)).toEqual([])
    expect((await ask(path)).headers.get('strict-transport-security')).toBeNull()
  }
})

test('so does what a browser has already, and what isn’t HTTP', async () => {
  const etag = (await ask('/assets/main-1.js')).headers.get('etag')!
  const known = await ask('/assets/main-1.js', { headers: { 'if-none-match': etag } })
  expect([known.status, missing(known.headers)]).toEqual([304, []])
  const { text } = await speak(server.port, ['nonsense\r\n\r\n'])
  expect(missing(headersOf(text))).toEqual([])
})

test('an answer is never a page or a script of somebody else: JSON is JSON, files are saved', async () => {
  const key = { headers: { 'x-api-key': t.apiKey } }
  const users = await ask('/api/users?x=<script>alert(1)</script>', key)
  expect(users.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const records = await ask('/api/crm/records/export?object_id=leads', key)
  const runs = await ask('/api/runs/export?format=csv', key)
  for (const { headers } of [records, runs]) expect(headers.get('content-disposition')).toMatch(/^attachment/)
  const lost = await ask('/api/<script>alert(1)</script>')
  expect(lost.headers.get('content-type')).toBe('application/json; charset=utf-8')
})

test('an export that fails says nothing of the database, before its first line or in the middle', async () => {
  await t.pool.query('alter table runs rename column steps to hushed')
  for (const format of ['csv', 'ndjson']) {
    const request = `GET /api/runs/export?format=${format} HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${t.apiKey}\r\n\r\n`
    const { text } = await speak(server.port, [request], 1500)
    expect(text === '' || missing(headersOf(text)).length === 0 ? [] : [text]).toEqual([])
    expect(text).not.toMatch(/hushed|column|relation|does not exist/)
  }
  await t.pool.query('alter table runs rename column hushed to steps')
})
