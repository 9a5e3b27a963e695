import type { Pool, Queryable } from '../db/pool.ts'
import { exists, type Month, monthOf, type MonthlyTable, withLocks } from './partitions.ts'

/**
 * The months of a table that ended before a moment, oldest first: partitions, and those that a stop left between being detached and dropped.
 */
export async function expiredMonths(pool: Pool, table: MonthlyTable, cutoff: Date): Promise<Month[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relkind = 'r' and pg_table_is_visible(c.oid) and c.relname ~ $1 order by 1`,
    [`^${table}_[0-9]{4}_[0-9]{2}$`],
  )
  return rows
    .map(({ name }) => monthOf(table, new Date(`${name.slice(-7).replace('_', '-')}-01T00:00:00.000Z`)))
    .filter(({ end }) => Date.parse(end) <= cutoff.getTime())
}

/**
 * Drops a month, and keeps what isn't old yet in the DEFAULT partition: a run that began in that month and ended lately, steps whose run is
 * still there, an event whose runs haven't started.
 *
 * Two transactions: `detachMonth` needs a lock that everybody waits for, and is over at once; `dropDetached` takes as long as the file system
 * takes to remove gigabytes, and nobody waits for it. A crash between them leaves a table by itself, which the next call takes up.
 *
 * @returns false when somebody else was faster
 */
export async function dropMonth(pool: Pool, month: Month, cutoff: Date): Promise<boolean> {
  await detachMonth(pool, month)
  return dropDetached(pool, month, cutoff)
}

/** Takes a month out of its table: from then on no list, page or count sees or reads it. */
export async function detachMonth(pool: Pool, { table, name }: Month): Promise<void> {
  await withLocks(pool, async (client) => {
    if (await isAttached(client, name)) await client.query(`alter table ${table} detach partition ${name}`)
  })
}

/**
 * Puts back what isn't old yet of a month that was detached, and removes the rest with its storage.
 *
 * @returns false when somebody else was faster
 */
export async function dropDetached(pool: Pool, month: Month, cutoff: Date): Promise<boolean> {
  const { table, name } = month
  return withLocks(pool, async (client) => {
    if (!(await exists(client, name))) return false
    // pages that no vacuum has seen since they were written would all be read
    await client.query(
      `select brin_summarize_new_values(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
         join pg_am a on a.oid = c.relam where i.indrelid = $1::regclass and a.amname = 'brin'`,
      [name],
    )
    await client.query(`insert into ${table} select t.* from ${name} t where ${stays(month, cutoff)}`)
    await client.query(`drop table ${name}`)
    return true
  })
}

async function isAttached(client: Queryable, name: string): Promise<boolean> {
  const { rows } = await client.query<{ attached: boolean }>(
    `select exists (select from pg_inherits join pg_class c on c.oid = inhrelid
       where c.relname = $1 and pg_table_is_visible(c.oid)) as attached`,
    [name],
  )
  return rows[0]!.attached
}

/** The bounds of the month are in the subqueries too, so that no other month is read. */
function stays({ table, start, end }: Month, cutoff: Date): string {
  const within = (column: string) => `${column} >= id_floor('${start}') and ${column} < id_floor('${end}')`
  if (table === 'events') return `t.id in (select event_id from outbox where ${within('event_id')})`
  if (table === 'run_steps')
    return `(t.workspace_id, t.run_id) in (select workspace_id, id from runs where ${within('id')})`
  return `t.finished_at >= '${cutoff.toISOString()}'`
}
