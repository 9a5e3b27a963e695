import { realpath } from 'node:fs/promises'
import pg from 'pg'
import type { Passwords } from './cluster.ts'

/** Advisory locks in the database `postgres`. Held by a session, so a process that dies lets go of them. */
const OWNER = 7_100_001 // exclusive: the one process that looks after the server
const USER = 7_100_002 // shared: every process that uses the server
const SETUP = 7_100_003 // exclusive: while role and database are made

/** Our standing connection to the server, as superuser: it holds the locks, and its end says that the server is gone. */
export interface Session {
  /** Whether this process is the owner, or becomes it because nobody else is. */
  own(): Promise<boolean>
  /** Whether no other process uses the server. If so, none can begin to until this session ends. */
  isLast(): Promise<boolean>
  /** Calls back once when the connection breaks, but not when we close it. */
  onLost(callback: () => void): void
  close(): Promise<void>
}

/**
 * Connects to the server of one database folder and registers as its user.
 *
 * @param port where `postmaster.pid` says it listens
 * @param folder the database folder, absolute and free of links
 * @throws Error when the server can't be reached yet, or serves another folder
 * Source: DESIGN.md, section 11
 */
export async function openSession(port: number, folder: string, passwords: Passwords): Promise<Session> {
  const client = new pg.Client({
    connectionString: connectionUrl('postgres', passwords.postgres, port),
    application_name: 'kantos starter',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  let closing = false
  let lost = false
  let lostCallback: (() => void) | undefined
  const onEnd = () => {
    if (closing || lost) return
    lost = true
    lostCallback?.()
  }
  client.on('error', onEnd)
  client.on('end', onEnd)
  // One statement after the other: the look for a missing owner and a stop may come together.
  let turn: Promise<unknown> = Promise.resolve()
  const run = (text: string) => (turn = turn.catch(() => {}).then(() => client.query(text))) as Promise<pg.QueryResult>
  const is = async (text: string) => (await run(text)).rows[0]?.is === true
  try {
    await client.connect()
    const served = (await client.query<{ data_directory: string }>('show data_directory')).rows[0]?.data_directory
    if (served === undefined || (await realpath(served)) !== folder) {
      throw new Error(`The server on port ${port} serves ${served}, not ${folder}.`)
    }
    await client.query(`select pg_advisory_lock_shared(${USER})`)
    await ensureDatabase(client, passwords.kantos)
  } catch (error) {
    closing = true
    await client.end().catch(() => {})
    throw error
  }
  let owned = false
  return {
    async own() {
      owned ||= await is(`select pg_try_advisory_lock(${OWNER}) as is`)
      return owned
    },
    async isLast() {
      await run(`select pg_advisory_unlock_shared(${USER})`)
      return is(`select pg_try_advisory_lock(${USER}) as is`)
    },
    onLost(callback) {
      lostCallback = callback
      if (lost) callback()
    },
    async close() {
      closing = true
      await client.end().catch(() => {})
    },
  }
}

/** The plain role `kantos` and its database. Everybody looks, so a start that was killed halfway is completed by the next. */
async function ensureDatabase(client: pg.Client, password: string): Promise<void> {
  const found = async () => {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists(select from pg_roles where rolname = 'kantos') as role,
              exists(select from pg_database where datname = 'kantos') as database`,
    )
    return rows[0] ?? { role: false, database: false }
  }
  const before = await found()
  if (before.role && before.database) return
  await client.query(`select pg_advisory_lock(${SETUP})`)
  const { role, database } = await found()
  if (!role) await client.query(`create role kantos login password ${client.escapeLiteral(password)}`)
  if (!database) await client.query('create database kantos owner kantos')
  await client.query(`select pg_advisory_unlock(${SETUP})`)
}

/** @returns a postgres:// URL; the role's own name is also its database's */
export function connectionUrl(role: keyof Passwords, password: string, port: number): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${role}`
}
