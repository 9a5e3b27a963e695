import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type App, createApp } from '../../src/api/app.ts'
import { watchDisk } from '../../src/api/disk.ts'
import { createPool } from '../../src/db/pool.ts'
import { createTestApp, TEST_ORIGIN, type TestApp } from '../app.ts'

let t: TestApp
let folder: string
let withDashboard: App
beforeAll(async () => {
  t = await createTestApp()
  folder = await mkdtemp(join(tmpdir(), 'kantos-dashboard-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Dashboard</title>')
  await writeFile(join(folder, 'assets', 'app-1a2b3c.js'), `const text = '${'x'.repeat(5000)}'`)
  withDashboard = createApp(t.services, { dashboardFolder: folder })
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await t.drop()
})

const get = async (path: string, headers: Record<string, string> = {}, app = withDashboard) =>
  app.hono.request(TEST_ORIGIN + path, { headers })

/** Every `$ref` in a document. */
function refs(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refs)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [inner as string] : refs(inner)))
}

test('the OpenAPI document has every route, and each reference in it leads somewhere', async () => {
  const response = await get('/api/openapi.json')
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const document = (await response.json()) as any
  expect(document.openapi).toBe('3.1.0')
  const ids: string[] = []
  for (const { route } of t.app.endpoints) {
    const operation = document.paths[route.path]?.[route.method]
    expect(operation, `${route.method} ${route.path}`).toBeDefined()
    ids.push(operation.operationId)
    expect(Object.keys(operation.responses)).toEqual([String(route.status), 'default'])
    const inPath = operation.parameters
      .filter((p: { in: string }) => p.in === 'path')
      .map((p: { name: string }) => p.name)
    expect(inPath).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    if (route.body !== undefined) expect(operation.requestBody.content['application/json'].schema).toBeDefined()
  }
  expect(new Set(ids).size).toBe(ids.length)
  for (const ref of refs(document)) {
    const target = ref
      .slice(2)
      .split('/')
      .reduce((at: any, part) => at?.[part], document)
    expect(target, ref).toBeDefined()
  }
  expect(document.components.schemas.Error.required).toEqual(['error', 'code', 'status'])
})

test('the documentation page needs nothing inline and nothing from elsewhere', async () => {
  const html = await (await get('/api/docs')).text()
  expect(html).not.toMatch(/<script>|<style|https?:|on\w+=/)
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const response = await get(path!)
    expect(response.status, path).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(50)
  }
})

test('a file named by its hash is kept for ever; the page itself is asked for again', async () => {
  const asset = await get('/assets/app-1a2b3c.js', { 'accept-encoding': 'gzip' })
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(asset.headers.get('content-encoding')).toBe('gzip')
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  const page = await get('/')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  expect((await get('/', { 'if-none-match': page.headers.get('etag')! })).status).toBe(304)
})

test('the dashboard’s own paths get its page; missing files and API paths don’t', async () => {
  for (const path of ['/', '/automations/auto_1', '/setup?token=x'])
    expect(await (await get(path)).text()).toContain('Dashboard')
  for (const path of ['/assets/old-1.js', '/favicon.ico', '/../package.json', '/assets/..%2f..%2fpackage.json'])
    expect((await get(path)).status, path).toBe(404)
  const response = await get('/api/automation-that-isnt')
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' })
})

test('until the dashboard is built its pages say where the API is, and look again by themselves', async () => {
  const later = join(folder, 'later')
  const bare = createApp(t.services, { dashboardFolder: later })
  for (const path of ['/', '/setup?token=x']) {
    const page = await get(path, {}, bare)
    expect(page.status).toBe(200)
    expect(await page.text()).toMatch(/http-equiv="refresh".*\/api\/docs/s)
  }
  expect((await get('/assets/app.js', {}, bare)).status).toBe(404)
  await mkdir(later)
  await writeFile(join(later, 'index.html'), '<title>Dashboard</title>')
  expect(await (await get('/setup?token=x', {}, bare)).text()).toContain('Dashboard')
})

test('a dashboard that is built anew is served at once', async () => {
  const own = join(folder, 'own')
  await mkdir(own)
  await writeFile(join(own, 'index.html'), '<title>Before</title>')
  const app = createApp(t.services, { dashboardFolder: own })
  expect(await (await get('/', {}, app)).text()).toContain('Before')
  await writeFile(join(own, 'index.html'), '<title>After</title>')
  await utimes(join(own, 'index.html'), new Date(), new Date(Date.now() + 5_000))
  expect(await (await get('/', {}, app)).text()).toContain('After')
})

test('every kind of answer carries the safety headers', async () => {
  for (const path of ['/', '/assets/app-1a2b3c.js', '/nothing.js', '/api/users', '/api/docs', '/healthz', '/metrics']) {
    const { headers } = await get(path)
    expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'")
    expect(headers.get('content-security-policy'), path).toContain("script-src 'self'")
    expect(headers.get('referrer-policy'), path).toBe('same-origin')
  }
})

test('the API’s documents say where their reader stands, like every answer below /api', async () => {
  for (const path of ['/api/openapi.json', '/api/docs', '/api/docs/start.js', '/api/nothing'])
    expect((await get(path)).headers.get('x-ratelimit-remaining'), path).toMatch(/^\d+$/)
})

test('health is told without a key', async () => {
  expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' })
  const ready = await get('/readyz')
  expect([ready.status, await ready.json()]).toEqual([
    200,
    {
      status: 'ready',
      checks: { database: { ok: true }, migrations: { ok: true }, disk: { ok: true }, process: { ok: true } },
    },
  ])
  await get('/api/users', { 'x-api-key': t.apiKey })
  expect(await (await get('/metrics')).text()).toMatch(
    /kantos_http_request_duration_seconds_count\{.*route="\/users".*\} 1/,
  )
})

test('a process without its database isn’t ready, though alive', async () => {
  const pool = createPool('postgres://nobody@127.0.0.1:1/none', { max: 1, applicationName: 'kantos test' })
  const app = createApp({ ...t.services, pool })
  expect((await get('/healthz', {}, app)).status).toBe(200)
  const ready = await get('/readyz', {}, app)
  await pool.end()
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({
    status: 'not ready',
    checks: { database: { ok: false }, disk: { ok: true } },
  })
})

test('on a full disk what is there can be read, and deleted, but nothing more is written', async () => {
  const disk = watchDisk('/', async () => 1_000_000)
  const app = createApp(t.services, { disk })
  expect(await (await get('/readyz', {}, app)).json()).toMatchObject({
    checks: { database: { ok: true }, disk: { ok: false } },
  })
  const ask = async (path: string, method: string) =>
    (await app.hono.request(TEST_ORIGIN + path, { method, headers: { 'x-api-key': t.apiKey } })).status
  expect(await ask('/api/users', 'GET')).toBe(200)
  expect(await ask('/api/signing-secret/rotate', 'POST')).toBe(503)
  expect(await ask('/api/secrets/none', 'DELETE')).toBe(404)
  const elsewhere = { ...t.services, config: { ...t.services.config, databaseUrl: 'postgres://elsewhere' } }
  const other = createApp(elsewhere, { disk })
  const rotated = await other.hono.request(`${TEST_ORIGIN}/api/signing-secret/rotate`, {
    method: 'POST',
    headers: { 'x-api-key': t.apiKey },
  })
  expect(rotated.status).toBe(200)
})

test('a process older than its database’s migrations isn’t ready', async () => {
  await t.pool.query(`insert into migrations (id, name, checksum) values (9999, '9999_newer', '')`)
  expect(await (await get('/readyz')).json()).toMatchObject({
    checks: { database: { ok: true }, migrations: { ok: false, why: expect.stringMatching(/newer.*9999_newer/) } },
  })
  await t.pool.query('delete from migrations where id = 9999')
})
