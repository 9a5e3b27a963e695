import { createHash } from 'node:crypto'
import {
  applyMigration,
  lockMigrations,
  migrate,
  type Migration,
  MIGRATIONS_FOLDER,
  readMigrations,
} from '../db/migrate.ts'
import { type Client, type Pool, query } from '../db/pool.ts'
import {
  BackupError,
  type BackupHeader,
  type DoneLine,
  type EndLine,
  FORMAT,
  FORMAT_VERSION,
  type Row,
} from './format.ts'
import { linesOf } from './lines.ts'
import { RowLoader } from './load.ts'
import { makeRoom } from './room.ts'
import { backupTables, tablesOf } from './tables.ts'

export interface RestoreOptions {
  /** overwrites an installation that has nothing but its default workspace */
  force: boolean
  /** the program's migrations; another folder in tests */
  folder?: string
}

export interface Restored {
  header: BackupHeader
  /** rows by table */
  tables: Record<string, number>
  /** applied after the backup's own */
  migrated: string[]
}

/**
 * Brings an empty database to what a backup holds, on hold: nothing of it is taken up or sent until somebody releases it.
 *
 * One transaction makes the tables as they were, fills them, compares rows and hashes, and commits; a backup that is cut
 * off, changed or doesn't fit leaves nothing behind. Then newer migrations are applied.
 *
 * @param source the backup's text, no longer gzipped
 * @throws BackupError that says what is wrong and what to do
 */
export async function restoreBackup(
  pool: Pool,
  source: AsyncIterable<Buffer>,
  { force, folder = MIGRATIONS_FOLDER }: RestoreOptions,
): Promise<Restored> {
  const own = await readMigrations(folder)
  const client = await pool.connect()
  let broken = true
  try {
    await client.query(`begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
      set local timezone = 'UTC'; set local datestyle = 'ISO'`)
    const restored = await fill(client, source, own, force)
    await client.query('commit')
    broken = false
    await client.query('analyze').catch(() => {})
    return { ...restored, migrated: await migrate(pool, folder) }
  } catch (error) {
    if (broken)
      broken = await client.query('rollback').then(
        () => false,
        () => true,
      )
    throw explained(error)
  } finally {
    client.release(broken)
  }
}

async function fill(
  client: Client,
  source: AsyncIterable<Buffer>,
  own: readonly Migration[],
  force: boolean,
): Promise<Omit<Restored, 'migrated'>> {
  const reader = new Reader(linesOf(source))
  const first = await reader.next()
  const header = readHeader(first)
  reader.count(first)
  const migrations = matching(header, own)
  await makeRoom(client, tablesOf(own), force)
  await lockMigrations(client)
  for (const migration of migrations) await applyMigration(client, migration)
  await query(client, {
    text: `select make_partitions((month || '-01')::timestamp at time zone 'UTC', 0) from unnest($1::text[]) as month`,
    values: [header.months],
  })
  const tables = await fillTables(client, reader, tablesOf(migrations))
  await setSequences(client)
  await putToRest(client)
  return { header, tables }
}

/** Reads lines and keeps the hash of all it gave out. */
class Reader {
  private readonly lines: AsyncGenerator<Buffer>
  private readonly all = createHash('sha256')

  constructor(lines: AsyncGenerator<Buffer>) {
    this.lines = lines
  }

  /** @throws BackupError when there is none */
  async next(): Promise<Buffer> {
    const { value, done } = await this.lines.next()
    if (done === true) throw new BackupError('The backup is cut off: its end is missing. Nothing was restored.')
    return value
  }

  /** A line belongs to what the last one is the hash of. */
  count(line: Buffer): void {
    this.all.update(line).update('\n')
  }

  sum(): string {
    return this.all.copy().digest('hex')
  }
}

async function fillTables(client: Client, reader: Reader, own: ReadonlySet<string>): Promise<Record<string, number>> {
  const known = new Map((await backupTables(client, own)).map((table) => [table.name, table]))
  const filled: Record<string, number> = {}
  let loader: RowLoader | null = null
  let hash = createHash('sha256')
  for (;;) {
    const line = await reader.next()
    const said = parse(line)
    if (Array.isArray(said)) {
      if (loader === null) throw damaged('a row stands outside of any table')
      hash.update(line).update('\n')
      reader.count(line)
      await loader.add(said as Row, line.length)
    } else if ('table' in said) {
      const { table: name, columns } = said as { table: string; columns: string[] }
      const table = known.get(name)
      const strange = columns.find((column) => !table?.columns.some((one) => one.name === column))
      if (table === undefined || strange !== undefined)
        throw new BackupError(
          `The backup holds ${name}${strange === undefined ? '' : `.${strange}`}, which this version doesn't have.`,
        )
      loader = new RowLoader(client, table, columns)
      hash = createHash('sha256')
      reader.count(line)
    } else if ('end' in said) {
      const { end, rows, sha256 } = said as EndLine
      if (loader === null) throw damaged(`${end} ends before it began`)
      await loader.flush()
      if (loader.rows !== rows || hash.digest('hex') !== sha256) throw damaged(`${end} isn't what was written`)
      filled[end] = rows
      loader = null
      reader.count(line)
    } else if ('done' in said) {
      if (loader !== null || (said as DoneLine).sha256 !== reader.sum()) throw damaged('its sum is another')
      return filled
    } else throw damaged('a line is of no known kind')
  }
}

function readHeader(line: Buffer): BackupHeader {
  const header = parse(line) as Partial<BackupHeader>
  if (header.format !== FORMAT) throw new BackupError('This file is no backup of Kantos.')
  if (header.version !== FORMAT_VERSION)
    throw new BackupError(
      `The backup is of format ${header.version}; this program reads ${FORMAT_VERSION}. Take a newer version of it.`,
    )
  return header as BackupHeader
}

/** The program's own files for the backup's migrations. */
function matching(header: BackupHeader, own: readonly Migration[]): Migration[] {
  return header.migrations.map(({ name, checksum }, i) => {
    const found = own[i]
    if (found?.name === name && found.checksum === checksum) return found
    throw new BackupError(
      `The backup was made by another version: it has migration ${name}${found?.name === name ? ', which differs from ours' : ''}. Restore it with the version that made it, or a later one.`,
    )
  })
}

/** Columns that count up go on above what is there. */
async function setSequences(client: Client): Promise<void> {
  const { rows } = await query<{ table: string; column: string; sequence: string }>(client, {
    text: `select c.relname as table, a.attname as column,
        pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and a.attnum > 0 and not a.attisdropped and pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null`,
  })
  for (const { table, column, sequence } of rows) {
    const [from, name] = [client.escapeIdentifier(table), client.escapeIdentifier(column)]
    await query(client, {
      text: `select setval($1, coalesce((select max(${name}) from ${from}), 0) + 1, false)`,
      values: [sequence],
    })
  }
  // a run that waits for an event knows the number of the last one before it: new events come above that
  await query(client, {
    text: `select setval('outbox_seq_seq', greatest((select last_value from outbox_seq_seq),
      (select max((state -> 'open' ->> 'afterSeq')::bigint) + 1 from runs_live where wait_reason = 'event')), false)`,
  })
}

/** What was under way when the backup was made isn't any more; everything stands still until it is released. */
async function putToRest(client: Client): Promise<void> {
  await query(client, {
    text: `insert into holds (workspace_id, at, reason) select id, clock_timestamp(), 'restore' from workspaces
      on conflict (workspace_id) do update set at = excluded.at, reason = excluded.reason, held_by = null, note = null`,
  })
  // their workers aren't of this installation
  await query(client, {
    text: 'update runs_live set due_at = clock_timestamp() where lease_by is not null and due_at > clock_timestamp()',
  })
  await query(client, {
    text: `update imports set status = 'failed', finished_at = now(),
        error = 'The uploaded file isn’t part of a backup. Import it again.'
      where status in ('queued', 'running')`,
  })
  await query(client, { text: 'delete from idempotency_keys where status is null' })
}

function parse(line: Buffer): object {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // told below
  }
  throw damaged('a line can’t be read')
}

function damaged(how: string): BackupError {
  return new BackupError(`The backup is damaged: ${how}. Nothing was restored.`)
}

/** What the gzip reader and the database say about a damaged file. */
function explained(error: unknown): unknown {
  const code = String((error as { code?: unknown }).code ?? '')
  if (code === 'Z_BUF_ERROR') return new BackupError('The backup is cut off: its end is missing. Nothing was restored.')
  if (code.startsWith('Z_'))
    return new BackupError('This file is no backup of Kantos, or it is damaged. Nothing was restored.')
  return error
}
