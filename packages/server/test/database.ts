import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { createPool, type Pool, type PoolOptions } from '../src/db/pool.ts'

export interface TestDatabase {
  /** as the plain role, who owns the database */
  url: string
  pool: Pool
  /** ends the pool, cuts other connections, removes the database */
  drop(): Promise<void>
}

/**
 * A database of its own for a test file, migrated and empty: a clone of the run's template.
 *
 * ```ts
 * const database = await createTestDatabase()
 * afterAll(database.drop)
 * ```
 *
 * @param options `empty: true` for a database without the product's tables; the rest goes to the pool (`worker: true`, …)
 */
export async function createTestDatabase(
  options: Partial<PoolOptions> & { empty?: boolean } = {},
): Promise<TestDatabase> {
  const { empty = false, ...poolOptions } = options
  const { superuserUrl, url, template } = inject('postgres')
  const name = `test_${randomBytes(6).toString('hex')}`
  await asSuperuser(superuserUrl, `create database ${name} template ${empty ? 'template0' : template} owner kantos`)
  const own = Object.assign(new URL(url), { pathname: name }).href
  const pool = createPool(own, { max: 20, applicationName: 'kantos test', worker: true, ...poolOptions })
  return {
    url: own,
    pool,
    async drop() {
      await pool.end()
      await asSuperuser(superuserUrl, `drop database ${name} with (force)`)
    },
  }
}

async function asSuperuser(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
