import { mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type KeyType, type Role } from '@kantos/model'
import { type Level, pino } from 'pino'
import { Registry } from 'prom-client'
import { makeKey } from '../src/accounts/api-keys.ts'
import { hashPassword } from '../src/accounts/password.ts'
import { insertUser } from '../src/accounts/users.ts'
import { createWorkspace, ensureWorkspace } from '../src/accounts/workspaces.ts'
import { type App, createApp } from '../src/api/app.ts'
import { type Config, readConfig } from '../src/cli/config.ts'
import type { Pool } from '../src/db/pool.ts'
import { createDbTime } from '../src/db/time.ts'
import { systemClock } from '../src/ports/clock.ts'
import type { EgressRequest } from '../src/ports/egress.ts'
import type { Mail } from '../src/ports/mailer.ts'
import { loadMasterKeys, masterKey } from '../src/secrets/key.ts'
import { createSealer } from '../src/secrets/seal.ts'
import type { Services } from '../src/services.ts'
import { createTestDatabase } from './database.ts'

/** Where the tests' requests seem to go; nothing listens there. */
export const TEST_ORIGIN = 'http://kantos.test'
export const TEST_PASSWORD = 'correct horse battery'

export interface TestApp {
  app: App
  services: Services
  pool: Pool
  workspaceId: string
  /** a server key */
  apiKey: string
  /** calls with the server key */
  client: Client
  /** calls with this key */
  clientOf(apiKey: string): Client
  /** a new key of the workspace, or of another one */
  newKey(type: KeyType, workspaceId?: string): Promise<{ id: string; key: string }>
  /** a second workspace with a server key of its own */
  newWorkspace(name: string): Promise<{ id: string; key: string }>
  /** a new user, logged in: the cookie header's value, and a client that sends it as the dashboard does */
  logIn(role: Role): Promise<{ id: string; email: string; cookie: string; client: Client }>
  /** a plain request; `path` with its `/api` */
  request(path: string, init?: RequestInit): Promise<Response>
  /** what left through the fakes */
  mails: Mail[]
  requests: EgressRequest[]
  /** what was logged at warn or above */
  logged: { level: number; msg: string }[]
  /** enqueued background chores */
  chores: { name: string; data: object }[]
  /** how often somebody was told of new work */
  wakes(): number
  drop(): Promise<void>
}

/**
 * The whole API over a database of its own, with a seeded workspace; whatever would leave the machine is recorded instead.
 *
 * ```ts
 * const t = await createTestApp()
 * afterAll(t.drop)
 * const { data } = await t.client.call(listUsers)
 * ```
 *
 * @param config settings that differ from the defaults
 */
export async function createTestApp(config: Partial<Config> = {}): Promise<TestApp> {
  const database = await createTestDatabase()
  const { pool } = database
  const dataDir = await mkdtemp(join(tmpdir(), 'kantos-app-'))
  const mails: Mail[] = []
  const requests: EgressRequest[] = []
  const logged: TestApp['logged'] = []
  const chores: TestApp['chores'] = []
  const { secretKey } = config
  const key = secretKey == null ? masterKey(randomBytes(32)) : loadMasterKeys({ secretKey, dataDir })[0]!
  let woken = 0
  const services: Services = {
    pool,
    config: { ...readConfig({ PUBLIC_URL: TEST_ORIGIN }), dataDir, ...config },
    log: pino({ level: 'warn' as Level }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    clock: systemClock,
    time: await createDbTime(pool),
    sealer: createSealer([key], 'secrets'),
    chainKey: (workspace) => key.derive('chain', workspace),
    egress: {
      send: async (request) => {
        requests.push(request)
        return { kind: 'answer', status: 200, headers: {}, body: Buffer.from('ok'), truncated: false, durationMs: 1 }
      },
      refuses: () => null,
      close: async () => {},
    },
    mailer: {
      send: async (mail) => {
        mails.push(mail)
        return { kind: 'sent', response: '250 ok', rejected: [] }
      },
      close: async () => {},
    },
    wake: () => void woken++,
    metrics: new Registry(),
    chores: { send: async (name, data) => void chores.push({ name, data }) },
  }
  const { id: workspaceId } = await ensureWorkspace(pool, services.sealer)
  const newKey = (type: KeyType, workspace = workspaceId) =>
    makeKey(pool, workspace, { name: `A ${type} key`, type, createdBy: null })
  const { key: apiKey } = await newKey('server')
  const app = createApp(services)
  const request = async (path: string, init?: RequestInit) => app.hono.request(TEST_ORIGIN + path, init)
  const send = async (url: string, init: RequestInit) => app.hono.request(url, init)
  const clientOf = (key: string) => createClient({ baseUrl: TEST_ORIGIN, apiKey: key, fetch: send })
  const passwordHash = await hashPassword(TEST_PASSWORD)

  return {
    app,
    services,
    pool,
    workspaceId,
    apiKey,
    client: clientOf(apiKey),
    clientOf,
    newKey,
    newWorkspace: (name) => createWorkspace(pool, services.sealer, name),
    logIn: async (role) => {
      const email = `${role}-${randomBytes(4).toString('hex')}@example.org`
      const id = await insertUser(pool, workspaceId, { name: `The ${role}`, email, role, passwordHash })
      const response = await request('/api/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: TEST_ORIGIN },
        body: JSON.stringify({ email, password: TEST_PASSWORD }),
      })
      const cookie = /kantos_session=[^;]+/.exec(response.headers.get('set-cookie') ?? '')![0]
      const asBrowser = (url: string, init: RequestInit) =>
        send(url, { ...init, headers: { ...init.headers, cookie, 'sec-fetch-site': 'same-origin' } })
      return { id, email, cookie, client: createClient({ baseUrl: TEST_ORIGIN, fetch: asBrowser }) }
    },
    request,
    mails,
    requests,
    logged,
    chores,
    wakes: () => woken,
    drop: async () => {
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
