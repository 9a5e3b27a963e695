import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate, MigrationError } from '../../src/db/migrate.ts'
import { createPool } from '../../src/db/pool.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await createTestDatabase({ empty: true })
  folder = await mkdtemp(join(tmpdir(), 'kantos-migrations-'))
  await write('0001_people.sql', 'create table people (name text);\ninsert into people values ($$Ada$$);')
  await write('0002_age.sql', 'alter table people add age integer; -- years')
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const write = (name: string, sql: string) => writeFile(join(folder, name), sql)
const applied = async () => (await database.pool.query('select id, name from migrations order by id')).rows

describe('migrate', () => {
  test('files are applied in order, once', async () => {
    expect(await migrate(database.pool, folder)).toEqual(['0001_people', '0002_age'])
    expect(await migrate(database.pool, folder)).toEqual([])
    await write('0003_town.sql', 'alter table people add town text')
    expect(await migrate(database.pool, folder)).toEqual(['0003_town'])
    expect((await database.pool.query('select * from people')).rows).toEqual([{ name: 'Ada', age: null, town: null }])
    expect(await applied()).toEqual([
      { id: 1, name: '0001_people' },
      { id: 2, name: '0002_age' },
      { id: 3, name: '0003_town' },
    ])
  })

  test('several processes migrating at once are fine', async () => {
    const pools = [1, 2, 3, 4].map(() => createPool(database.url, { max: 1, applicationName: 'migrator' }))
    const results = await Promise.all(pools.map((pool) => migrate(pool, folder)))
    await Promise.all(pools.map((pool) => pool.end()))
    expect(results.flat().toSorted()).toEqual(['0001_people', '0002_age'])
    expect((await database.pool.query('select count(*)::int as people from people')).rows).toEqual([{ people: 1 }])
  })

  test('an applied file that was changed is refused; other line ends are no change', async () => {
    await migrate(database.pool, folder)
    await write('0001_people.sql', 'create table people (name text);\r\ninsert into people values ($$Ada$$);')
    expect(await migrate(database.pool, folder)).toEqual([])
    await write('0001_people.sql', 'create table people (name varchar)')
    await expect(migrate(database.pool, folder)).rejects.toThrow(
      new MigrationError(
        'Migration 0001_people was changed after it was applied. Restore the file, and put the change into a new one.',
      ),
    )
  })

  test('a database that is newer than the program is refused', async () => {
    await migrate(database.pool, folder)
    await rm(join(folder, '0002_age.sql'))
    await expect(migrate(database.pool, folder)).rejects.toThrow(
      /newer than this program: it has migration 0002_age, and the program ends at 0001_people/,
    )
  })

  test('another file under an applied number is refused', async () => {
    await migrate(database.pool, folder)
    await rm(join(folder, '0002_age.sql'))
    await write('0002_height.sql', 'alter table people add height integer')
    await expect(migrate(database.pool, folder)).rejects.toThrow(
      /has migration 0002_age where this program has 0002_height/,
    )
  })

  test('a file that fails leaves nothing behind, is named, and goes on once it is mended', async () => {
    await write('0003_bad.sql', 'create table half (); select * from nowhere;')
    await expect(migrate(database.pool, folder)).rejects.toThrow(
      'Migration 0003_bad failed: relation "nowhere" does not exist',
    )
    expect((await database.pool.query(`select to_regclass('half') as half`)).rows).toEqual([{ half: null }])
    expect(await applied()).toHaveLength(2)
    await write('0003_bad.sql', 'create table half ()')
    expect(await migrate(database.pool, folder)).toEqual(['0003_bad'])
  })

  test('a number used twice and a name of another form are refused before anything is applied', async () => {
    for (const name of ['0000_none.sql', '0002_again.sql', 'later.sql']) {
      await write(name, 'select 1')
      await expect(migrate(database.pool, folder)).rejects.toThrow(MigrationError)
      await rm(join(folder, name))
    }
    expect((await database.pool.query(`select to_regclass('migrations') as migrations`)).rows).toEqual([
      { migrations: null },
    ])
  })

  test('a number may be left out', async () => {
    await write('0007_later.sql', 'create table later ()')
    expect(await migrate(database.pool, folder)).toEqual(['0001_people', '0002_age', '0007_later'])
    expect(await migrate(database.pool, folder)).toEqual([])
  })

  test('the connection has its statement timeout again afterwards', async () => {
    const pool = createPool(database.url, { max: 1, applicationName: 'one' })
    await migrate(pool, folder)
    const { rows } = await pool.query('show statement_timeout')
    await pool.end()
    expect(rows).toEqual([{ statement_timeout: '30s' }])
  })

  test("the product's own migrations apply, and a clone of the template has them all", async () => {
    expect(await migrate(database.pool)).not.toEqual([])
    const clone = await createTestDatabase()
    expect(await migrate(clone.pool)).toEqual([])
    await clone.drop()
  })
})
