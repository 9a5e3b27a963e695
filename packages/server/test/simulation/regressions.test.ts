import { randomUUID } from 'node:crypto'
import { createAutomationRoute, publicId, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acrossWorkspaces } from '../../src/db/walls.ts'
import { readRun } from '../../src/log/read.ts'
import { advance } from '../../src/runs/advance.ts'
import { bury } from '../../src/runs/bury.ts'
import { startManualRuns } from '../../src/runs/manual.ts'
import type { EffectOutcome } from '../../src/runs/settle.ts'
import { createOneRunRig, type OneRunRig } from './one-run.ts'

// failures of other engines, by the numbers of their issues

let rig: OneRunRig
beforeAll(async () => {
  rig = await createOneRunRig()
})
afterAll(() => rig.drop())

const run = async (id: string) => (await readRun(rig.pool, rig.workspaceId, id))!

/** A batch of due runs, as any worker takes it up. */
const takeDue = (workerId: string, limit: number, outcomes: readonly EffectOutcome[] = []) =>
  rig.transaction((client) =>
    advance(client, rig.services.time, {
      workerId,
      room: { reserve: () => ({ ok: true }), refuses: () => null },
      outcomes,
      eventLimit: 0,
      dueLimit: limit,
      budgetMs: 60_000,
      maxCommands: 10_000,
      waitForLocks: false,
      fail: null,
      claimed: async () => {},
    }),
  )

test('River #1302: who takes over for a lost worker doesn’t overwrite a run that has ended or gone on meanwhile', async () => {
  const one = await rig.stand('effect')
  const { id } = one
  // the rescuer has seen the lapsed lease, and the worker finishes before it writes
  await rig.transaction((client) => rig.work('finish', client, one))
  const gone = await run(id)
  const { rows } = await rig.pool.query('select rev from runs_live where id = $1', [id])
  expect(await rig.transaction((client) => rig.work('finish', client, one))).toBe('late')
  expect(await run(id)).toEqual(gone)
  await rig.transaction((client) => rig.work('cancel', client, one))
  const cancelled = await run(id)
  expect(await rig.transaction((client) => rig.work('takeover', client, one))).toBe('nothing')
  expect(await run(id)).toEqual(cancelled)
  expect(rows).toHaveLength(1)
})

test('River #1318: a page of runs that can’t be taken up doesn’t keep the others waiting', async () => {
  const held = await Promise.all(Array.from({ length: 12 }, () => rig.stand('wait')))
  const free = await rig.stand('wait')
  const ids = held.map(({ id }) => id)
  await rig.pool.query(
    `update runs_live set due_at = clock_timestamp() - case when id = $2 then interval '1 second' else interval '1 hour' end
     where id = any($1::uuid[]) or id = $2`,
    [ids, free.id],
  )
  const client = await rig.pool.connect()
  try {
    // the older ones are in another transaction’s hands
    await client.query('begin')
    await client.query('select from runs_live where id = any($1::uuid[]) for update', [ids])
    expect((await takeDue(randomUUID(), 3)).runs.map(({ id }) => id)).toEqual([free.id])
    await client.query('rollback')
    // the older ones can be taken, and their records can’t: they make room for the next
    await client.query('begin')
    await client.query('select from records where id = any($1::uuid[]) for update', [
      held.map(({ record }) => uuidOf('record', record)),
    ])
    const next = await rig.stand('wait')
    // younger than they are, and older by far than the moment at which they are put off
    await rig.pool.query(`update runs_live set due_at = clock_timestamp() - interval '1 minute' where id = $1`, [
      next.id,
    ])
    for (let look = 0; look < 3; look++) {
      const taken = (await takeDue(randomUUID(), 4)).runs.map(({ id }) => id)
      expect(ids).toEqual(expect.arrayContaining(taken))
    }
    expect((await takeDue(randomUUID(), 4)).runs.map(({ id }) => id)).toContain(next.id)
  } finally {
    await client.query('rollback')
    client.release()
  }
  for (const one of [...held, free]) await rig.drain(one)
  for (const id of ids) expect((await run(id)).status).toBe('succeeded')
}, 120_000)

test('n8n #32316: a run that waits is none of its dead worker’s; it goes on at its time', async () => {
  const workerId = randomUUID()
  await rig.pool.query(`insert into workers (id, name, lock_key) values ($1, 'dies', 4713)`, [workerId])
  const one = await rig.stand('wait')
  // the worker that parked it still has it on its list as it dies
  await rig.pool.query('update workers set claimed_runs = $2 where id = $1', [workerId, [one.id]])
  await rig.transaction((client) => bury(client, workerId))
  const waiting = await run(one.id)
  expect(waiting).toMatchObject({ status: 'waiting', error: null })
  expect(await takeDue(randomUUID(), 10)).toMatchObject({ taken: 0 })
  await rig.drain(one)
  expect((await run(one.id)).status).toBe('succeeded')
})

test('n8n #35059: a queued run whose worker died with it in hand, or was never told of it, is anybody’s', async () => {
  const { id } = await rig.client.call(createAutomationRoute, {
    body: {
      name: 'By hand',
      status: 'active',
      trigger: { event: 'manual', object: 'leads' },
      actions: [{ type: 'stop' }],
    } as never,
  })
  const { record } = await rig.stand('wait')
  const services = { ...rig.services, pool: acrossWorkspaces(rig.pool), wake: () => {} }
  const principal = { workspaceId: rig.workspaceId, actor: 'key_00000000000000000000000000000001' }
  await startManualRuns(services, principal, { id: uuidOf('automation', id)! }, [record])
  const { rows } = await rig.pool.query<{ id: string }>(`select id from runs_live where status = 'queued'`)
  const queued = rows[0]!.id
  expect(await run(queued)).toMatchObject({ status: 'queued', id: publicId('run', queued) })
  const client = await rig.connect()
  await client.query('begin')
  await client.query('select from runs_live where id = $1 for update', [queued])
  expect((await takeDue(randomUUID(), 10)).taken).toBe(0)
  client.release(true)
  // the server learns of the lost connection in its own time
  for (let taken = 0; taken === 0; ) taken = (await takeDue(randomUUID(), 10)).taken
  expect((await run(queued)).status).toBe('succeeded')
})

const outcomeOf = (run: { id: string; rev: number | null }, result: EffectOutcome['result']): EffectOutcome => {
  const at = new Date(rig.services.time.now()).toISOString()
  const attempt = { attempt: 0, started_at: at, finished_at: at }
  return { workspaceId: rig.workspaceId, runId: run.id, rev: run.rev!, attempt, result }
}
const makeDue = (id: string) => rig.pool.query('update runs_live set due_at = clock_timestamp() where id = $1', [id])

test('an outcome that comes too late isn’t taken for that of a later worker, whose lapsed lease the same batch claims', async () => {
  const one = await rig.stand('effect')
  const first = { id: one.id, rev: one.leased!.rev }
  await makeDue(one.id)
  expect((await takeDue(randomUUID(), 1)).leased).toHaveLength(1)
  await makeDue(one.id)
  const done = await takeDue(randomUUID(), 1, [outcomeOf(first, { kind: 'done', output: { status: 200 } })])
  expect(done.lateOutcomes).toBe(1)
  const { steps } = await run(one.id)
  // two were sent and lost with their workers, and one is on its way
  expect(steps.at(-1)).toMatchObject({
    status: 'running',
    attempts: [{ error: { code: 'WORKER_LOST' } }, { error: { code: 'WORKER_LOST' } }],
  })
})

test('that an effect was not begun counts only for the very lease that was in doubt', async () => {
  const one = await rig.stand('effect')
  await makeDue(one.id)
  const mine = randomUUID()
  const { leased } = await takeDue(mine, 1)
  const { rev } = leased[0]!
  await rig.pool.query(
    `update runs_live set state = jsonb_set(state::jsonb, '{open,lease}', '7')::json where id = $1`,
    [one.id],
  )
  const before = await run(one.id)
  const say = (workerId: string, lease: number) =>
    takeDue(workerId, 0, [outcomeOf({ id: one.id, rev }, { kind: 'unbegun', lease })])
  // another worker's lease, and another batch's of our own
  expect((await say(randomUUID(), 7)).taken).toBe(0)
  expect((await say(mine, 6)).taken).toBe(0)
  expect(await run(one.id)).toEqual(before)
  const again = await say(mine, 7)
  expect(again.leased).toMatchObject([{ id: one.id, rev: rev! + 1 }])
  expect((await run(one.id)).steps.at(-1)).toMatchObject({ attempts: [{ error: { code: 'WORKER_LOST' } }] })
})
