import { afterAll, beforeAll, expect, test } from 'vitest'
import { findByEmail, insertUser } from '../../src/accounts/users.ts'
import { acrossWorkspaces, insideWalls } from '../../src/db/walls.ts'
import type { Pool } from '../../src/db/pool.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { pagesRead, statementsOf } from '../pages.ts'

let t: TestApp
let walled: Pool
beforeAll(async () => {
  t = await createTestApp()
  walled = acrossWorkspaces(insideWalls(t.pool))
  await t.pool.query(
    `insert into users (workspace_id, id, email, name, role, password_hash)
     select $1, gen_random_uuid(), 'User' || i || '@example.com', 'User', 'viewer', '' from generate_series(1, 3000) i`,
    [t.workspaceId],
  )
  await t.pool.query('analyze users')
})
afterAll(() => t.drop())

test('whose an address is, is found by index behind the wall too, whatever its case', async () => {
  expect(await findByEmail(walled, 'uSER777@example.COM')).toMatchObject({ workspace_id: t.workspaceId })
  expect(await findByEmail(walled, 'nobody@example.com')).toBeNull()
  const [lookUp] = await statementsOf(t.pool, (db) => findByEmail(db, 'user1500@example.com'))
  // the table has over 40 pages
  expect(await pagesRead(walled, lookUp!)).toBeLessThan(10)
})

test('an address is one person’s, whatever its case', async () => {
  const user = { name: 'Twin', email: 'USER5@example.com', role: 'viewer' as const, passwordHash: '' }
  await expect(insertUser(t.pool, t.workspaceId, user)).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
})
