import { textArray } from '../db/arrays.ts'
import { type Client, query } from '../db/pool.ts'
import type { Row } from './format.ts'
import type { Table } from './tables.ts'

const BATCH_ROWS = 1_000
const BATCH_BYTES = 4 * 1024 * 1024

/** Inserts a table's rows, some thousand a statement: one array a column, each value read from its text. */
export class RowLoader {
  rows = 0
  private readonly client: Client
  private readonly text: string
  private readonly width: number
  private batch: Row[] = []
  private bytes = 0

  /** @param columns those of the backup, all of which the table has */
  constructor(client: Client, table: Table, columns: readonly string[]) {
    this.client = client
    this.width = columns.length
    const names = columns.map((column) => client.escapeIdentifier(column))
    const types = columns.map((column) => table.columns.find(({ name }) => name === column)!.type)
    this.text = `insert into ${client.escapeIdentifier(table.name)} (${names.join(', ')}) overriding system value
      select ${types.map((type, i) => `c${i}::${type}`).join(', ')}
      from unnest(${columns.map((_, i) => `$${i + 1}::text[]`).join(', ')}) as x(${columns.map((_, i) => `c${i}`).join(', ')})`
  }

  /** @param bytes its size, about */
  async add(row: Row, bytes: number): Promise<void> {
    this.batch.push(row)
    this.bytes += bytes
    if (this.batch.length >= BATCH_ROWS || this.bytes >= BATCH_BYTES) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.batch.length === 0) return
    const values = Array.from({ length: this.width }, (_, i) => textArray(this.batch.map((row) => row[i])))
    await query(this.client, { text: this.text, values })
    this.rows += this.batch.length
    this.batch = []
    this.bytes = 0
  }
}
