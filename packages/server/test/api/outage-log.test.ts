import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createOutageLog } from '../../src/api/outage-log.ts'
import { createApp } from '../../src/api/app.ts'
import { createPool } from '../../src/db/pool.ts'
import { createTestApp, TEST_ORIGIN } from '../app.ts'
import { until } from '../helpers.ts'

test('of an outage the first request is told at once, the others as a number', async () => {
  const lines: [object, string?][] = []
  const refused = createOutageLog({ warn: (...line: unknown[]) => void lines.push(line as never) } as never, 50)
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
