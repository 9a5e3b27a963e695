import { setTimeout as delay } from 'node:timers/promises'
import { deleteApiKey, updateUser } from '@kantos/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { type Listening, listen } from '../../src/api/listen.ts'
import { createTestApp, type TestApp } from '../app.ts'

// Two API processes on one database: the change is made through one, and the other one learns of it.

let t: TestApp
let here: Listening
let elsewhere: Listening
beforeAll(async () => {
  t = await createTestApp()
  here = await listen(t.app, { host: '127.0.0.1', port: 0 })
  elsewhere = await listen(createApp(t.services), { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await here.close(100)
  await elsewhere.close(100)
  await t.drop()
})

const WITHIN_MS = 1_000
/** what a machine with too much to do adds */
const SLACK_MS = 500
const url = (server: Listening, path: string) => `http://127.0.0.1:${server.port}/api${path}`
const key = (given: string) => ({ 'x-api-key': given })
const cookie = (given: string) => ({ cookie: given, 'sec-fetch-site': 'same-origin' })
const userId = (id: string) => `user_${id.replaceAll('-', '')}`

/** Opens the stream of runs; `ended` settles with the moment it ended. */
async function openStream(server: Listening, headers: Record<string, string>) {
  const response = await fetch(url(server, '/runs/stream'), { headers })
  expect(response.status).toBe(200)
  const reader = response.body!.getReader()
  await reader.read()
  const ended = (async () => {
    for (;;) {
      const { done } = await reader.read()
      if (done) return performance.now()
    }
  })()
  return { ended, close: () => reader.cancel() }
}

/** How long after a change a request was begun that was still let in, in ms. */
async function acceptedAfter(change: () => Promise<unknown>, headers: Record<string, string>): Promise<number> {
  const ask = async () => (await fetch(url(elsewhere, '/automations'), { headers })).status
  expect(await ask()).toBe(200)
  await change()
  const changedAt = performance.now()
  let accepted = 0
  for (;;) {
    const askedAt = performance.now()
    if ((await ask()) === 401) break
    accepted = askedAt - changedAt
    await delay(20)
  }
  return accepted
}

type Change = (
  t: TestApp,
) => Promise<{ headers: Record<string, string>; change: () => Promise<unknown>; ends: boolean }>
const CHANGES: [string, Change][] = [
  [
    'a revoked key',
    async () => {
      const made = await t.newKey('server')
      const id = `key_${made.id.replaceAll('-', '')}`
      return { headers: key(made.key), change: () => t.client.call(deleteApiKey, { params: { id } }), ends: true }
    },
  ],
  [
    'a suspended user',
    async () => {
      const user = await t.logIn('editor')
      const change = () => t.client.call(updateUser, { params: { id: userId(user.id) }, body: { suspended: true } })
      return { headers: cookie(user.cookie), change, ends: true }
    },
  ],
  [
    'a user who logged out',
    async () => {
      const user = await t.logIn('viewer')
      const change = () => t.request('/api/session', { method: 'DELETE', headers: cookie(user.cookie) })
      return { headers: cookie(user.cookie), change, ends: true }
    },
  ],
  [
    'a user with another role',
    async () => {
      const user = await t.logIn('editor')
      const change = () => t.client.call(updateUser, { params: { id: userId(user.id) }, body: { role: 'viewer' } })
      return { headers: cookie(user.cookie), change, ends: false }
    },
  ],
]

describe('within a second', () => {
  test.each(CHANGES)('%s: the open streams of every process end', async (_, make) => {
    const { headers, change } = await make(t)
    const [near, far] = [await openStream(here, headers), await openStream(elsewhere, headers)]
    const other = await openStream(elsewhere, key(t.apiKey))
    let otherEnded = false
    void other.ended.then(() => (otherEnded = true))
    await change()
    const changedAt = performance.now()
    expect((await near.ended) - changedAt).toBeLessThan(WITHIN_MS + SLACK_MS)
    expect((await far.ended) - changedAt).toBeLessThan(WITHIN_MS + SLACK_MS)
    expect(otherEnded).toBe(false)
    await other.close()
  })

  test.each(CHANGES)('%s: requests to another process are refused', async (_, make) => {
    const { headers, change, ends } = await make(t)
    if (ends) expect(await acceptedAfter(change, headers)).toBeLessThan(WITHIN_MS)
    else {
      await change()
      await delay(WITHIN_MS)
      const made = await fetch(url(elsewhere, '/email-templates'), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Mine', subject: 'Hi' }),
      })
      expect(made.status).toBe(403)
    }
  })
})

test('an export under way is broken off, not ended as if it were whole', async () => {
  const { client } = t
  for (let n = 0; n < 3; n++)
    await t.request('/api/crm/records/batch', {
      method: 'POST',
      headers: { ...key(t.apiKey), 'content-type': 'application/json' },
      body: JSON.stringify({
        object_id: 'leads',
        records: Array.from({ length: 1_000 }, (_, i) => ({ name: `Lead ${n} ${i}` })),
      }),
    })
  const made = await t.newKey('server')
  const response = await t.request('/api/crm/records/export?object_id=leads', { headers: key(made.key) })
  const reader = response.body!.getReader()
  await reader.read()
  await client.call(deleteApiKey, { params: { id: `key_${made.id.replaceAll('-', '')}` } })
  await delay(WITHIN_MS)
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow('may not have this any more')
})

test('an export that is read to its end is whole', async () => {
  const response = await t.request('/api/crm/records/export?object_id=leads', { headers: key(t.apiKey) })
  expect((await response.text()).trimEnd().split('\r\n')).toHaveLength(3_001)
})
