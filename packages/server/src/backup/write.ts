import { createHash } from 'node:crypto'
import type { Migration } from '../db/migrate.ts'
import { type Client, type Pool, query } from '../db/pool.ts'
import { BackupError, type BackupHeader, FORMAT, FORMAT_VERSION, type Row } from './format.ts'
import { backupTables, type Table, tablesOf } from './tables.ts'

export interface WriteOptions {
  /** the program's own migrations */
  migrations: readonly Migration[]
  keyIds: readonly string[]
  /** the keys that open what is sealed, to be put in; null: they are kept apart */
  keys: readonly Buffer[] | null
}

export interface Written {
  /** rows by table */
  tables: Record<string, number>
}

/** A fetch aims at so much text, whatever the size of its rows. */
const PIECE_BYTES = 1024 * 1024
const FIRST_ROWS = 100
const MOST_ROWS = 5_000

/**
 * The backup's text, piece by piece: everything as of one moment, while the product works on. Reads at the speed of
 * whoever takes the pieces, a megabyte or so at a time.
 *
 * The snapshot stands as long as this takes, and what is deleted meanwhile is cleared away only afterwards.
 *
 * @param pool of a command: no statement timeout
 * @param written counts what was written, as it goes
 * @throws BackupError when there is nothing of ours in the database
 */
export async function* writeBackup(pool: Pool, options: WriteOptions, written: Written): AsyncGenerator<Buffer> {
  const client = await pool.connect()
  let broken = true
  try {
    await client.query(`begin isolation level repeatable read read only; set local statement_timeout = 0;
      set local idle_in_transaction_session_timeout = 0; set local enable_seqscan = on; set local timezone = 'UTC';
      set local datestyle = 'ISO'; set local bytea_output = 'hex'; set local extra_float_digits = 1`)
    const all = createHash('sha256')
    for await (const piece of pieces(client, options, written)) {
      all.update(piece)
      yield piece
    }
    yield line({ done: true, sha256: all.digest('hex') })
    await client.query('commit')
    broken = false
  } finally {
    client.release(broken)
  }
}

async function* pieces(client: Client, options: WriteOptions, written: Written): AsyncGenerator<Buffer> {
  yield line(await header(client, options))
  for (const table of await backupTables(client, tablesOf(options.migrations))) {
    yield line({ table: table.name, columns: table.columns.map(({ name }) => name) })
    const hash = createHash('sha256')
    let rows = 0
    for await (const { text, count } of rowsOf(client, table)) {
      hash.update(text)
      rows += count
      yield text
    }
    written.tables[table.name] = rows
    yield line({ end: table.name, rows, sha256: hash.digest('hex') })
  }
}

async function header(client: Client, { keyIds, keys }: WriteOptions): Promise<BackupHeader> {
  const { rows: there } = await query(client, { text: `select 1 where to_regclass('migrations') is not null` })
  if (there.length === 0) throw new BackupError('There is nothing to back up: this database has none of our tables.')
  const { rows: migrations } = await query<{ name: string; checksum: string }>(client, {
    text: 'select name, checksum from migrations order by id',
  })
  const { rows } = await query<{ now: Date; months: string[] }>(client, {
    text: `select clock_timestamp() as now, array(
        select distinct replace(right(relname, 7), '_', '-') from pg_class
        where relnamespace = current_schema()::regnamespace and relispartition and relname ~ '_[0-9]{4}_[0-9]{2}$'
        order by 1) as months`,
  })
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    made_at: rows[0]!.now.toISOString(),
    migrations,
    months: rows[0]!.months,
    key_ids: [...keyIds],
    ...(keys === null ? {} : { keys: keys.map((key) => key.toString('base64')) }),
  }
}

/** A table's rows as lines. The next fetch takes as many as the last one's size lets expect. */
async function* rowsOf(client: Client, { name, columns }: Table): AsyncGenerator<{ text: Buffer; count: number }> {
  const list = columns.map((column) => `${client.escapeIdentifier(column.name)}::text`).join(', ')
  await client.query(`declare backup no scroll cursor for select ${list} from ${client.escapeIdentifier(name)}`)
  let most = FIRST_ROWS
  for (;;) {
    const { rows } = await client.query<Row>({ text: `fetch ${most} from backup`, rowMode: 'array' } as never)
    if (rows.length === 0) break
    const text = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    yield { text, count: rows.length }
    most = Math.max(1, Math.min(MOST_ROWS, most * 4, Math.floor((PIECE_BYTES / text.length) * rows.length)))
  }
  await client.query('close backup')
}

function line(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}
