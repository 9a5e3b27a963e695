import type { Migration } from '../db/migrate.ts'
import { query, type Queryable } from '../db/pool.ts'
import { LEFT_OUT } from './format.ts'

export interface Table {
  name: string
  columns: { name: string; type: string }[]
}

/** The tables that migrations make, by their text. */
export function tablesOf(migrations: readonly Pick<Migration, 'sql'>[]): ReadonlySet<string> {
  const names = migrations.flatMap(({ sql }) =>
    [...sql.matchAll(/^\s*create table (?:if not exists )?(\w+)/gim)].map((match) => match[1]!.toLowerCase()),
  )
  return new Set(['migrations', ...names])
}

/** The tables of our schema that are no partitions. */
export async function presentTables(db: Queryable): Promise<string[]> {
  const { rows } = await query<{ name: string }>(db, {
    text: `select relname as name from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
        and relname !~ '^(events|runs_done|runs_failed|runs_skipped|run_steps)_[0-9]{4}_[0-9]{2}$'
      order by relname`,
  })
  return rows.map(({ name }) => name)
}

/**
 * What a backup holds: all tables of ours but those left out, each after the ones it refers to.
 *
 * @param own names of the tables that are ours
 * @throws Error when two refer to each other, which none does
 */
export async function backupTables(db: Queryable, own: ReadonlySet<string>): Promise<Table[]> {
  const present = (await presentTables(db)).filter((name) => own.has(name) && !LEFT_OUT.has(name))
  const columns = await query<{ table: string; name: string; type: string }>(db, {
    text: `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = current_schema()::regnamespace and c.relname = any($1) and a.attnum > 0
        and not a.attisdropped and a.attgenerated = '' order by c.relname, a.attnum`,
    values: [present],
  })
  const references = await query<{ from: string; to: string }>(db, {
    text: `select f.relname as from, t.relname as to from pg_constraint k
      join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
      where k.contype = 'f' and f.relnamespace = current_schema()::regnamespace and f.oid <> t.oid`,
  })
  const byTable = Map.groupBy(columns.rows, ({ table }) => table)
  return inOrder(present, references.rows).map((name) => ({
    name,
    columns: byTable.get(name)!.map((column) => ({ name: column.name, type: column.type })),
  }))
}

function inOrder(names: readonly string[], references: readonly { from: string; to: string }[]): string[] {
  const left = new Set(names)
  const ordered: string[] = []
  while (left.size > 0) {
    const free = [...left].filter((name) => !references.some(({ from, to }) => from === name && left.has(to)))
    if (free.length === 0) throw new Error(`These tables refer to each other: ${[...left].join(', ')}.`)
    for (const name of free) left.delete(name)
    ordered.push(...free)
  }
  return ordered
}
