import { readSession } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareFirstStart } from '../../src/accounts/first-start.ts'
import { createTestApp, TEST_ORIGIN, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const start = (config: object) => prepareFirstStart({ ...t.services, config: { ...t.services.config, ...config } })

test('while there is no owner each start gives a link; of these the newest works', async () => {
  const first = await start({})
  const second = await start({})
  expect(first.workspaceId).toBe(t.workspaceId)
  expect(second.ownerLink).toMatch(new RegExp(`^${TEST_ORIGIN}/setup\\?token=[\\w-]{43}$`))
  const check = (link: string) =>
    t.request('/api/session/setup/check', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: new URL(link).searchParams.get('token') }),
    })
  expect((await check(first.ownerLink!)).status).toBe(404)
  expect((await check(second.ownerLink!)).status).toBe(200)
})

test('half an owner in the environment is said to be half', async () => {
  await expect(start({ ownerEmail: 'a@example.org' })).rejects.toThrow('KANTOS_OWNER_PASSWORD')
  await expect(start({ ownerEmail: 'a@example.org', ownerPassword: 'short' })).rejects.toThrow('10 to 200 characters')
})

test('the environment’s owner and key work after the first start, and a second start changes nothing', async () => {
  const environment = {
    ownerEmail: 'a@example.org',
    ownerPassword: 'a long password',
    apiKey: 'kantos_from-the-environment',
  }
  expect(await start(environment)).toEqual({ workspaceId: t.workspaceId, ownerLink: null })
  expect(await start(environment)).toEqual({ workspaceId: t.workspaceId, ownerLink: null })
  expect(await t.clientOf(environment.apiKey).call(readSession)).toMatchObject({
    name: 'KANTOS_API_KEY',
    role: 'admin',
  })
  const { rows } = await t.pool.query(`select role from users where email = 'a@example.org'`)
  expect(rows).toEqual([{ role: 'owner' }])
})
