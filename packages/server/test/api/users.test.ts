import {
  deleteInvitation,
  deleteUser,
  inviteUser,
  listInvitations,
  listUsers,
  publicId,
  readAuditLog,
  redeemLink,
  updateUser,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

test('the last owner can be neither demoted, suspended nor deleted', async () => {
  const owner = await t.logIn('owner')
  const params = { id: publicId('user', owner.id) }
  const refused = { code: 'CONFLICT' }
  await expect(owner.client.call(updateUser, { params, body: { role: 'admin' } })).rejects.toMatchObject(refused)
  await expect(owner.client.call(updateUser, { params, body: { suspended: true } })).rejects.toMatchObject(refused)
  await expect(owner.client.call(deleteUser, { params })).rejects.toMatchObject(refused)
  expect(await owner.client.call(updateUser, { params, body: { name: 'Ada' } })).toMatchObject({ name: 'Ada' })
})

test('of two owners who demote each other at once, one stays', async () => {
  const [first, second] = [await t.logIn('owner'), await t.logIn('owner')]
  await t.pool.query(`delete from users where role = 'owner' and id <> all($1)`, [[first.id, second.id]])
  const demote = (by: typeof first, who: typeof first) =>
    by.client.call(updateUser, { params: { id: publicId('user', who.id) }, body: { role: 'viewer' } })
  const results = await Promise.allSettled([demote(first, second), demote(second, first)])
  const { rows } = await t.pool.query(`select id from users where role = 'owner'`)
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  expect(rows.length).toBe(1)
})

test('an admin can’t make, change or remove an owner', async () => {
  const [owner, admin] = [await t.logIn('owner'), await t.logIn('admin')]
  const params = { id: publicId('user', owner.id) }
  const refused = { code: 'FORBIDDEN' }
  await expect(admin.client.call(updateUser, { params, body: { name: 'X' } })).rejects.toMatchObject(refused)
  await expect(admin.client.call(deleteUser, { params })).rejects.toMatchObject(refused)
  const self = { id: publicId('user', admin.id) }
  await expect(admin.client.call(updateUser, { params: self, body: { role: 'owner' } })).rejects.toMatchObject(refused)
  await expect(
    admin.client.call(inviteUser, { body: { email: 'o@example.org', role: 'owner' } }),
  ).rejects.toMatchObject(refused)
})

test('a deleted user is gone with the sessions, and the log keeps who did it', async () => {
  const [admin, viewer] = [await t.logIn('admin'), await t.logIn('viewer')]
  const params = { id: publicId('user', viewer.id) }
  await admin.client.call(deleteUser, { params })
  await expect(viewer.client.call(listUsers)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  const { data } = await t.client.call(readAuditLog, { query: { action: 'user.', target: params.id } })
  expect(data[0]).toMatchObject({
    action: 'user.deleted',
    actor: publicId('user', admin.id),
    actor_name: 'The admin',
    target_name: 'The viewer',
    ip: '127.0.0.1',
  })
})

test('an invitation that is taken back lets nobody in', async () => {
  const { url } = await t.client.call(inviteUser, { body: { email: 'Wrong+Person@example.org', role: 'admin' } })
  expect((await t.client.call(listInvitations)).data).toMatchObject([
    { email: 'Wrong+Person@example.org', role: 'admin' },
  ])
  const params = { email: 'wrong+person@example.org' }
  await t.client.call(deleteInvitation, { params })
  await expect(t.client.call(deleteInvitation, { params })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const token = new URL(url).searchParams.get('token')!
  await expect(
    t.clientOf('').call(redeemLink, { body: { token, name: 'X', password: 'a long password' } }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await t.client.call(listInvitations)).data).toEqual([])
})
