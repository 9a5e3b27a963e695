import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp({ rateLimitPerMinute: 5 })
})
afterAll(() => t.drop())

const ask = (key: string, path = '/api/users') => t.request(path, { headers: { 'x-api-key': key } })

test('each answer says where the caller stands, and what is over the limit is a 429 that says when to come back', async () => {
  const remaining: (string | null)[] = []
  for (let i = 0; i < 5; i++) {
    const response = await ask(t.apiKey)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-ratelimit-limit')).toBe('5')
    remaining.push(response.headers.get('x-ratelimit-remaining'))
  }
  expect(remaining).toEqual(['4', '3', '2', '1', '0'])
  const refused = await ask(t.apiKey)
  expect(refused.status).toBe(429)
  expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60)
  const reset = Number(refused.headers.get('x-ratelimit-reset')) - Date.now() / 1000
  expect(Math.abs(reset - wait)).toBeLessThan(3)
})

test('one key’s limit isn’t another’s', async () => {
  const { key } = await t.newKey('server')
  expect((await ask(key)).status).toBe(200)
})

test('those who guess keys are counted by their address', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 7; i++) statuses.push((await ask(`kantos_guess_number_${i}00000`)).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
})
