import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client, Pool } from '../../src/db/pool.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'

let engine: TestEngine
beforeAll(async () => {
  engine = await createTestEngine()
})
afterAll(() => engine.stop())

/** A pool that loses the answers of commits while `loses` is set: PostgreSQL has committed, and the connection is gone. */
function lossy(pool: Pool): { pool: Pool; state: { loses: boolean; lost: number } } {
  const state = { loses: false, lost: 0 }
  const wrap = (client: Client): Client =>
    new Proxy(client, {
      get: (target, key) => {
        if (key !== 'query') {
          const value = Reflect.get(target, key) as unknown
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async (...args: unknown[]) => {
          const answer: unknown = await Reflect.apply(target.query, target, args)
          if (args[0] !== 'commit' || !state.loses) return answer
          const { rowCount } = await pool.query(
            `select 1 from runs_live where wait_reason = 'effect' and lease_by is not null`,
          )
          if (rowCount === 0) return answer
          state.loses = false
          state.lost += 1
          throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
        }
      },
    })
  const wrapped = Object.create(pool, {
    connect: { value: async () => wrap(await pool.connect()), configurable: true, writable: true },
    query: { value: pool.query.bind(pool), configurable: true, writable: true },
  }) as Pool
  return { pool: wrapped, state }
}

test.each([
  ['webhook', { type: 'webhook', key: 'call', config: { url: '' } }],
  [
    'e-mail that may be sent once at most',
    {
      type: 'send_email',
      key: 'call',
      config: { to: 'ada@example.com', subject: 'Hello', body: 'Text', delivery: 'at_most_once' },
    },
  ],
] as const)(
  'a %s that was leased by a commit whose answer was lost is sent, once, and its log knows no lost worker',
  async (_, action) => {
    await engine.worker.stop()
    const { pool, state } = lossy(engine.pool)
    const worker = await engine.addWorker({ pool })
    const config = action.type === 'webhook' ? { url: engine.http.url } : action.config
    const object = action.type === 'webhook' ? 'leads' : 'deals'
    const automation = await engine.automation({
      trigger: { event: 'record.created', object },
      actions: [{ ...action, config }],
    })
    const before = engine.http.requests.length + engine.smtp.mails.length
    state.loses = true
    const began = performance.now()
    await engine.create(object, { name: 'Ada' })
    const run = await engine.run(automation)
    expect(state.lost).toBe(1)
    expect(run.status).toBe('succeeded')
    expect(run.steps[0]!.attempts).toMatchObject([{ attempt: 1 }])
    expect(run.steps[0]!.attempts[0]!.error).toBeUndefined()
    expect(engine.http.requests.length + engine.smtp.mails.length - before).toBe(1)
    // a lease is forty seconds
    expect(performance.now() - began).toBeLessThan(20_000)
    await worker.stop()
  },
)
