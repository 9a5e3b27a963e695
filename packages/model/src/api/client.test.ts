import { expect, test } from 'vitest'
import { createClient } from './client.ts'
import { createApiKey, deleteApiKey } from './api-keys.ts'
import { listOutbox } from './outbox.ts'

interface Sent extends RequestInit {
  url: string
}
function clientThatGets(response: () => Response) {
  const sent: Sent[] = []
  const client = createClient({
    baseUrl: 'http://x.test/',
    apiKey: 'kantos_key',
    fetch: (url, init) => {
      sent.push({ url, ...init })
      return response()
    },
  })
  return { client, sent }
}

test('a call is the route’s method, path, query and body', async () => {
  const { client, sent } = clientThatGets(() => Response.json({ data: [], next_cursor: null }))
  await client.call(listOutbox, { query: { limit: 5, cursor: undefined, run_id: 'run_a&b' } })
  await client.call(createApiKey, { body: { name: 'A' } }, { idempotencyKey: 'once' })
  expect(sent).toMatchObject([
    { url: 'http://x.test/api/outbox?limit=5&run_id=run_a%26b', method: 'GET', headers: { 'x-api-key': 'kantos_key' } },
    {
      url: 'http://x.test/api/api-keys',
      method: 'POST',
      body: '{"name":"A"}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
    },
  ])
})

test('a parameter can’t leave its place in the path', async () => {
  const { client, sent } = clientThatGets(() => new Response(null, { status: 204 }))
  expect(await client.call(deleteApiKey, { params: { id: '../users?x#y' } })).toBeUndefined()
  expect(sent[0]!.url).toBe('http://x.test/api/api-keys/..%2Fusers%3Fx%23y')
})

test('an error is thrown with the server’s code, text and details', async () => {
  const { client } = clientThatGets(() =>
    Response.json({ error: 'Taken.', code: 'CONFLICT', status: 409, details: { x: 1 } }, { status: 409 }),
  )
  await expect(client.call(listOutbox)).rejects.toMatchObject({
    message: 'Taken.',
    code: 'CONFLICT',
    status: 409,
    details: { x: 1 },
  })
})

test('a proxy’s error page becomes an error by its status', async () => {
  const page = (status: number) => clientThatGets(() => new Response('<h1>Bad gateway</h1>', { status })).client
  await expect(page(502).call(listOutbox)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(page(429).call(listOutbox)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
})
