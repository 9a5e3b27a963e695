import pg from 'pg'
import { DISCARD_PLANS, plansAreOld } from './plans.ts'
import { raiseWalls } from './walls.ts'

export type Pool = pg.Pool
/** A connection of the pool, for as long as it is checked out: a transaction runs on one. */
export type Client = pg.PoolClient
/** Where a statement can run: on any connection of the pool, or inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.ClientBase, 'query'>

export interface PoolOptions {
  /** most connections held at once */
  max: number
  /** shown in pg_stat_activity, e.g. `kantos worker` */
  applicationName: string
  /** sees all workspaces where nobody says whose statement it is (`db/walls.ts`); otherwise such a statement sees none */
  worker?: boolean
  /** default 30,000; 0 is none */
  statementTimeoutMs?: number
}

/** what a connection is taken to deal with each time it is checked out */
const ROWS_OF_A_USE = 10

/**
 * Opens a pool whose connections carry our settings, whatever postgresql.conf says.
 *
 * A connection that breaks while idle is replaced, one that breaks in use fails its query: neither ends the process.
 * Values come as: int8 number (text beyond 2^53), numeric text, timestamptz Date, date and timestamp text, jsonb parsed.
 *
 * Source: DESIGN.md, section 8
 */
export function createPool(url: string, options: PoolOptions): Pool {
  const settings: Record<string, string> = {
    statement_timeout: String(options.statementTimeoutMs ?? 30_000),
    idle_in_transaction_session_timeout: '10s',
    // A worker whose machine vanished is noticed after 5 + 3 × 2 seconds, and its locks are free.
    tcp_keepalives_idle: '5',
    tcp_keepalives_interval: '2',
    tcp_keepalives_count: '3',
    // Our statements find rows by key. A plan made while a table was small, and kept for a prepared statement, would scan
    // or hash the whole table for as long as the connection lives (measured: a claim of 500 took 61 ms, not 3).
    enable_seqscan: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
    // A plan is made once for a prepared statement, not anew for each length of its arrays (measured: 2,000 → 3,900 writes/s).
    plan_cache_mode: 'force_generic_plan',
    ...(options.worker ? { 'kantos.worker': 'on' } : {}),
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: options.applicationName,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    // statements that don't need each other's answers go out together, as a batch's do
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: { getTypeParser },
    onConnect: detectDeadlocksSoon,
  })
  raiseWalls(pool, options.worker === true ? 'all' : 'none')
  pool.on('error', () => {})
  pool.on('acquire', (client) => {
    if (plansAreOld(client, ROWS_OF_A_USE)) client.query(DISCARD_PLANS).catch(() => {})
  })
  // Without a listener of its own, a client that breaks between two queries of a transaction would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

export interface Statement {
  /** prepared once per connection under this name; a name stands for one text for ever */
  name?: string
  text: string
  values?: unknown[]
}

/**
 * Runs one statement.
 *
 * @returns pg's result: `rows` and `rowCount`
 * @throws pg.DatabaseError; `classify` says what it means
 */
export function query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
  db: Queryable,
  statement: Statement,
): Promise<pg.QueryResult<Row>> {
  return (db as pg.ClientBase).query<Row>(statement)
}

/** A deadlock is looked for after 0.1 s instead of 1 s, where we have the right to say so (PostgreSQL 15 and later can tell). */
async function detectDeadlocksSoon(client: pg.ClientBase): Promise<void> {
  await client
    .query(
      `select set_config('deadlock_timeout', '100ms', false) where has_parameter_privilege('deadlock_timeout', 'set')`,
    )
    .catch(() => {})
}

type Parser = (text: string) => unknown

const TEXT_ARRAY = 1009 // pg-types knows it, its TypeScript list doesn't

const asText: Parser = (text) => text
const asNumber: Parser = (text) => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}
const arrayOf = (parse: Parser): Parser => {
  const split = pg.types.getTypeParser(TEXT_ARRAY as never) as (text: string) => (string | null)[]
  return (text) => split(text).map((item) => (item === null ? null : parse(item)))
}

/** By type oid; what isn't here is parsed as pg does. */
const PARSERS: Record<number, Parser> = {
  20: asNumber, // int8
  1016: arrayOf(asNumber),
  1082: asText, // date: a day has no zone
  1182: arrayOf(asText),
  1114: asText, // timestamp without zone: pg would read it in the process's zone
  1115: arrayOf(asText),
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): any {
  return (format !== 'binary' && PARSERS[oid]) || pg.types.getTypeParser(oid, format as 'text')
}
