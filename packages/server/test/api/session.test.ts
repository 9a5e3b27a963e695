import { listUsers, readSession } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

test('a server key acts as an admin of its workspace', async () => {
  const session = await t.client.call(readSession)
  expect(session).toMatchObject({ kind: 'key', role: 'admin', workspace: { name: 'Default' } })
})

test('a user logs in, is known by the cookie, and logs out', async () => {
  const { client, email } = await t.logIn('editor')
  expect(await client.call(readSession)).toMatchObject({ kind: 'user', email, role: 'editor' })
  expect((await client.call(listUsers)).data.map((user) => user.email)).toContain(email)
})
