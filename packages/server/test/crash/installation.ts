import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createClient, type Client } from '@kantos/model'
import { makeKey } from '../../src/accounts/api-keys.ts'
import { ensureWorkspace } from '../../src/accounts/workspaces.ts'
import type { Pool } from '../../src/db/pool.ts'
import { masterKey } from '../../src/secrets/key.ts'
import { createSealer } from '../../src/secrets/seal.ts'
import { createTestDatabase } from '../database.ts'

const SCRIPT = fileURLToPath(new URL('process.ts', import.meta.url))

/** A process of the installation. */
export interface Member {
  child: ChildProcess
  /** what it said when it was ready: its port, or its worker's id */
  said: string
  exited: Promise<unknown>
}

export interface Installation {
  pool: Pool
  url: string
  workspaceId: string
  apiUrl: string
  client: Client
  start(role: 'api' | 'worker', env?: Record<string, string>): Promise<Member>
  /** kill -9, and waits until it is gone */
  kill(member: Member): Promise<void>
  drop(): Promise<void>
}

/** An installation of several processes on a database of its own, any of which may be killed at any moment. */
export async function createInstallation(): Promise<Installation> {
  const database = await createTestDatabase()
  const { pool, url } = database
  const secret = randomBytes(32)
  const sealer = createSealer([masterKey(secret)], 'secrets')
  const { id: workspaceId } = await ensureWorkspace(pool, sealer)
  const { key } = await makeKey(pool, workspaceId, { name: 'Crash', type: 'server', createdBy: null })
  const port = await freePort()
  const apiUrl = `http://127.0.0.1:${port}`
  const members = new Set<Member>()

  const start: Installation['start'] = async (role, env = {}) => {
    const child = spawn(process.execPath, [SCRIPT], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: url,
        EGRESS_ALLOW: '127.0.0.1',
        LOG_LEVEL: 'error',
        PORT: String(port),
        TEST_KEY: secret.toString('hex'),
        TEST_ROLE: role,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const member: Member = { child, said: '', exited }
    members.add(member)
    void exited.then(() => members.delete(member))
    const [line] = await Promise.race([
      once(child.stdout!, 'data'),
      exited.then(() => Promise.reject(new Error(`A ${role} process ended before it was ready.`))),
    ])
    member.said = String(line).trim().split(' ')[1]!
    return member
  }

  return {
    pool,
    url,
    workspaceId,
    apiUrl,
    client: createClient({ baseUrl: apiUrl, apiKey: key }),
    start,
    kill: async (member) => {
      member.child.kill('SIGKILL')
      await member.exited
    },
    drop: async () => {
      for (const member of members) member.child.kill('SIGKILL')
      await Promise.all([...members].map((member) => member.exited))
      await database.drop()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
