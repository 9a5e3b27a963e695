import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client, Pool } from './pool.ts'
import { acrossWorkspaces } from './walls.ts'

/** The product's own migrations: `NNNN_name.sql`, their numbers rising, never edited once merged. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** A migration and a database that don't belong together. The message says which, and what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

export interface Migration {
  id: number
  name: string
  sql: string
  /** SHA-256 of the text with line feeds as line ends */
  checksum: string
}

export type AppliedMigration = Pick<Migration, 'name' | 'checksum'>

const LOCK = 7_100_010

/** What a migration made is behind its wall before anybody sees it. The function comes with 0003. */
const RAISE_WALLS = `do $$ begin
  if to_regprocedure('raise_walls()') is not null then perform raise_walls(); end if;
end $$`

/**
 * Brings the database to the state of this program: applies, in order, each file that isn't applied yet, each in a
 * transaction of its own. It only goes forward.
 *
 * Two processes migrating at once are fine: each takes `pg_advisory_xact_lock` and looks again before it applies a file.
 *
 * @param folder default: the product's migrations
 * @returns names of the files applied now, e.g. `['0001_first']`
 * @throws MigrationError when an applied file was changed or is missing, or the database is newer than the program;
 *   the database's error, naming the file, when a statement fails (that file leaves nothing behind)
 * Source: SPEC.md, section 14 (`kantos migrate`)
 */
export async function migrate(pool: Pool, folder: string = MIGRATIONS_FOLDER): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const applied: string[] = []
  const client = await acrossWorkspaces(pool).connect()
  let broken = true
  try {
    // Building an index may take longer than any statement of the product may.
    await client.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0')
    for (let next = await firstPending(client, migrations); next !== null; ) {
      const done = await applyNext(client, migrations)
      if (done === null) break
      applied.push(done.name)
      next = migrations[migrations.indexOf(done) + 1] ?? null
    }
    await client.query('reset statement_timeout; reset idle_in_transaction_session_timeout')
    broken = false
    return applied
  } finally {
    client.release(broken)
  }
}

async function applyNext(client: Client, migrations: Migration[]): Promise<Migration | null> {
  await client.query('begin')
  try {
    await lockMigrations(client)
    const next = await firstPending(client, migrations)
    if (next !== null) await applyMigration(client, next)
    await client.query('commit')
    return next
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** Makes the list of what is applied, and keeps others from migrating until the caller's transaction ends. */
export async function lockMigrations(client: Client): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(${LOCK})`)
  await client.query(`create table if not exists migrations (
    id integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`)
}

/** Applies one file inside the caller's transaction, which holds `lockMigrations`. @throws the database's error, naming the file */
export async function applyMigration(client: Client, { id, name, sql, checksum }: Migration): Promise<void> {
  await client.query(sql).catch((error: Error) => {
    error.message = `Migration ${name} failed: ${error.message}`
    throw error
  })
  await client.query(RAISE_WALLS)
  await client.query('insert into migrations (id, name, checksum) values ($1, $2, $3)', [id, name, checksum])
}

/** Compares what is applied with what is here. */
async function firstPending(client: Client, migrations: Migration[]): Promise<Migration | null> {
  const { rows: tables } = await client.query(`select 1 where to_regclass('migrations') is not null`)
  if (tables.length === 0) return migrations[0] ?? null
  const { rows } = await client.query<Migration>('select id, name, checksum from migrations order by id')
  for (const [index, row] of rows.entries()) {
    const own = migrations[index]
    if (own === undefined) {
      throw new MigrationError(
        `The database is newer than this program: it has migration ${row.name}, and the program ends at ` +
          `${migrations.at(-1)?.name ?? 'none'}. Start the version that wrote it, or a later one.`,
      )
    }
    if (own.name !== row.name) {
      throw new MigrationError(
        `The database has migration ${row.name} where this program has ${own.name}. They aren't of the same product line.`,
      )
    }
    if (own.checksum !== row.checksum) {
      throw new MigrationError(
        `Migration ${own.name} was changed after it was applied. Restore the file, and put the change into a new one.`,
      )
    }
  }
  return migrations[rows.length] ?? null
}

/** The files of a folder, in order. @throws MigrationError when one isn't named as it should be */
export async function readMigrations(folder: string = MIGRATIONS_FOLDER): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()
  let last = 0
  for (const file of files) {
    const id = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1])
    if (!(id > last))
      throw new MigrationError(`${join(folder, file)} should be named NNNN_name.sql, its number above ${last}.`)
    last = id
  }
  return Promise.all(
    files.map(async (file) => {
      const name = file.slice(0, -'.sql'.length)
      const id = Number(name.slice(0, 4))
      const sql = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
      return { id, name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}
