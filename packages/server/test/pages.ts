import type { Pool } from '../src/db/pool.ts'

interface Asked {
  text: string
  values: unknown[]
}

/**
 * How many pages of 8 KiB a statement reads, as it is planned for whatever values: `explain` by itself would plan it for these.
 *
 * @param values texts, numbers, times, arrays of texts, null
 */
export async function pagesRead(pool: Pool, { text, values }: Asked): Promise<number> {
  const client = await pool.connect()
  try {
    await client.query(`prepare asked as ${text}`)
    const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`
    const { rows } = await client.query(`explain (analyze, buffers, format json) execute asked${given}`)
    await client.query('deallocate asked')
    const [{ Plan: plan }] = rows[0]['QUERY PLAN']
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
  } finally {
    client.release()
  }
}

/** The statements that something asks, in their order. */
export async function statementsOf(pool: Pool, ask: (db: Pool) => Promise<unknown>): Promise<Asked[]> {
  const asked: Asked[] = []
  const query = (statement: Asked) => {
    asked.push(statement)
    return pool.query(statement)
  }
  await ask({ query } as unknown as Pool)
  return asked
}

function literal(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  const text =
    value instanceof Date ? value.toISOString() : Array.isArray(value) ? `{${value.join(',')}}` : String(value)
  return `'${text.replaceAll("'", "''")}'`
}
