import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createOutageLog } from '../../src/db/outage-log.ts'
import { createApp } from '../../src/api/app.ts'
import { createPool } from '../../src/db/pool.ts'
import { startWorker } from '../../src/worker.ts'
import { createTestApp, TEST_ORIGIN } from '../app.ts'
import { until } from '../helpers.ts'

test('of an outage the first request is told at once, the others as a number', async () => {
  const lines: [object, string?][] = []
  const refused = createOutageLog({ warn: (...line: unknown[]) => void lines.push(line as never) }, undefined, 50)
  for (let n = 0; n < 1_000; n++) refused({ n })
  expect(lines).toEqual([[{ n: 0 }, 'a request could not be served']])
  await until(() => lines.length === 2)
  expect(lines[1]).toEqual([{ n: 999, refused: 999 }, 'requests could not be served'])
  await delay(120)
  expect(lines).toHaveLength(2)
  refused({ n: 1_000 })
  expect(lines[2]).toEqual([{ n: 1_000 }, 'a request could not be served'])
})

test('a hundred requests refused for want of a database are one line, not a hundred', async () => {
  const t = await createTestApp()
  const pool = createPool('postgres://nobody@127.0.0.1:1/none', { max: 5, applicationName: 'kantos test' })
  const { hono } = createApp(Object.create(t.services, { pool: { value: pool } }))
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => hono.request(`${TEST_ORIGIN}/api/users`, { headers: { 'x-api-key': t.apiKey } })),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  expect(t.logged.filter(({ msg }) => msg === 'a request could not be served').length).toBe(1)
  await pool.end()
  await t.drop()
})

test('what a worker looks after regularly says it is away once a second, not once a look', async () => {
  const t = await createTestApp()
  let away = false
  const gated = (of: object, name: PropertyKey) => {
    const value: unknown = Reflect.get(of, name, of)
    if (name !== 'query' && name !== 'connect') return value
    return (...given: unknown[]) =>
      away
        ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
        : (value as (...all: unknown[]) => unknown).apply(of, given)
  }
  const worker = await startWorker(Object.create(t.services, { pool: { value: new Proxy(t.pool, { get: gated }) } }))
  const began = performance.now()
  away = true
  const told = () => t.logged.filter(({ msg }) => /regular looks? failed/.test(msg)) as { refused?: number }[]
  const looks = () => told().reduce((sum, { refused = 1 }) => sum + refused, 0)
  await until(() => looks() >= 15)
  const seconds = (performance.now() - began) / 1000
  expect(told().length).toBeLessThanOrEqual(seconds + 2)
  expect(told().length).toBeLessThan(looks() / 2)
  away = false
  await worker.stop(2_000)
  await t.drop()
})
