import { expect, test } from 'vitest'
import { readMigrations } from '../packages/server/src/db/migrate.ts'

test('the migrations are named as they should be, each with a number of its own', async () => {
  const migrations = await readMigrations()
  expect(migrations.length).toBeGreaterThan(10)
  expect(new Set(migrations.map(({ id }) => id)).size).toBe(migrations.length)
})
