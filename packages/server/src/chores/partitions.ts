import { setTimeout as delay } from 'node:timers/promises'
import type { Pool, Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Services } from '../services.ts'
import type { Chore } from './boss.ts'

/** The tables that are partitioned by the month of their uuidv7 ids. */
export const MONTHLY = ['events', 'runs_done', 'runs_failed', 'runs_skipped', 'run_steps'] as const
export type MonthlyTable = (typeof MONTHLY)[number]

const ID_COLUMN: Record<MonthlyTable, string> = {
  events: 'id',
  runs_done: 'id',
  runs_failed: 'id',
  runs_skipped: 'id',
  run_steps: 'run_id',
}
const MONTHS_AHEAD = 2
/** How long a change of partitions may make others wait; not obtained, it is tried again. */
const LOCK_TIMEOUT = '1s'
const TRIES = 3
const PAUSE_MS = 200
const LOCK_NOT_AVAILABLE = '55P03'

export interface Month {
  table: MonthlyTable
  /** `events_2026_11` */
  name: string
  /** UTC, `2026-11-01T00:00:00Z` */
  start: string
  end: string
}

/** The partition of a table for a month, `ahead` months after that of `moment`. */
export function monthOf(table: MonthlyTable, moment: Date, ahead = 0): Month {
  const first = (plus: number) => new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + plus, 1))
  const start = first(ahead).toISOString()
  return {
    table,
    name: `${table}_${start.slice(0, 4)}_${start.slice(5, 7)}`,
    start,
    end: first(ahead + 1).toISOString(),
  }
}

/**
 * Makes the partitions of this and the next two months, where they are missing. Rows of such a month that lie in the DEFAULT partition, since
 * nobody made theirs in time, move into it. Any number of processes may do this at once.
 *
 * @returns the names of those that were made
 * @throws DatabaseError 55P03 when the tables were busy for so long that it gave up; nothing is half done then
 * Source: DESIGN.md, section 3
 */
export async function ensurePartitions(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
  const wanted: Month[] = []
  for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++)
    for (const table of MONTHLY) wanted.push(monthOf(table, rows[0]!.now, ahead))
  const made: string[] = []
  for (const month of wanted) {
    if (await exists(pool, month.name)) continue
    if (await withLocks(pool, (client) => makePartition(client, month))) made.push(month.name)
  }
  return made
}

/**
 * A transaction that changes partitions: one at a time in the whole cluster, and it waits for no lock longer than a second, since
 * everybody else would wait behind it.
 */
export async function withLocks<T>(pool: Pool, change: (client: Queryable) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(pool, async (client) => {
        await client.query(`select pg_advisory_xact_lock(hashtextextended('kantos partitions', 0)),
          set_config('lock_timeout', '${LOCK_TIMEOUT}', true), set_config('statement_timeout', '10min', true)`)
        return change(client)
      })
    } catch (error) {
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE || attempt === TRIES) throw error
    }
    // those who waited behind it come first
    await delay(PAUSE_MS)
  }
}

async function makePartition(client: Queryable, { table, name, start, end }: Month): Promise<boolean> {
  if (await exists(client, name)) return false
  const column = ID_COLUMN[table]
  const inMonth = `${column} >= id_floor('${start}') and ${column} < id_floor('${end}')`
  const { rows } = await client.query<{ late: boolean }>(
    `select exists (select from ${table}_default where ${inMonth}) as late`,
  )
  await client.query(`create table ${name} (like ${table} including all)`)
  await client.query('select raise_wall($1::regclass), expect_few($1::regclass)', [name])
  if (rows[0]!.late) {
    await client.query(`lock table ${table} in access exclusive mode`)
    await client.query(`with moved as (delete from ${table}_default where ${inMonth} returning *)
      insert into ${name} select * from moved`)
  }
  await client.query(
    `do $$ begin execute format('alter table ${table} attach partition ${name} for values from (%L) to (%L)',
       id_floor('${start}'), id_floor('${end}')); end $$`,
  )
  return true
}

/** Whether a table is there. Asked of pg_class, since `to_regclass` may answer from a cache that is older than the lock just obtained. */
export async function exists(db: Queryable, name: string): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    'select exists (select from pg_class where relname = $1 and pg_table_is_visible(oid)) as found',
    [name],
  )
  return rows[0]!.found
}

/** Daily, so that a process that runs for months always has a partition to write to. */
export function partitionsChore({ pool, log }: Pick<Services, 'pool' | 'log'>): Chore {
  return {
    name: 'partitions',
    cron: '20 1 * * *',
    async run() {
      const made = await ensurePartitions(pool)
      if (made.length > 0) log.info({ made }, 'partitions were made')
    },
  }
}
