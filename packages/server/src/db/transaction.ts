import { setTimeout as delay } from 'node:timers/promises'
import type { Client, Pool } from './pool.ts'

export interface TransactionOptions {
  /** default `read committed` */
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readOnly?: boolean
  /** how often it is repeated after a deadlock or serialization failure; default 5 */
  retries?: number
  /** settings for this transaction alone, e.g. `{ 'kantos.workspace': id }` */
  settings?: Record<string, string>
}

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 200

/**
 * Runs `work` in one transaction: all it wrote is committed when this returns, and nothing when it throws.
 *
 * A transaction that met another (SQLSTATE class 40) is repeated whole, so `work` must do nothing outside the database that
 * can't be done twice. A connection that broke is thrown away, not returned to the pool.
 *
 * @param work gets the transaction's connection; it doesn't commit, roll back or keep it
 * @returns what `work` returned
 * @throws what `work` threw, or the last failure when no repeat is left; Error when `work` swallowed a failed statement, which
 *   makes PostgreSQL answer a commit with a rollback
 * Source: SPEC.md, section 2 (one write, one transaction)
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: Client) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const retries = options.retries ?? 5
  for (let attempt = 0; ; attempt++) {
    try {
      return await once(pool, work, options)
    } catch (error) {
      if (attempt >= retries || (error as { code?: string }).code?.startsWith('40') !== true) throw error
      await delay(Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS))
    }
  }
}

async function once<T>(pool: Pool, work: (client: Client) => Promise<T>, options: TransactionOptions): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(begin(client, options))
    const result = await work(client)
    const { command } = await client.query('commit')
    if (command !== 'COMMIT')
      throw new Error('The transaction was rolled back, because an error inside it was ignored.')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    client.release(broken)
  }
}

/** All in one round trip. */
function begin(client: Client, { isolation, readOnly, settings = {} }: TransactionOptions): string {
  const modes = [isolation && `isolation level ${isolation}`, readOnly && 'read only'].filter(Boolean).join(', ')
  const local = Object.entries(settings).map(
    ([name, value]) => `; select set_config(${client.escapeLiteral(name)}, ${client.escapeLiteral(value)}, true)`,
  )
  return `begin ${modes}${local.join('')}`
}
