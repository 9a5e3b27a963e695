import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../../src/db/pool.ts'
import { bury } from '../../src/runs/bury.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
const workspaceId = randomUUID()
beforeAll(async () => {
  database = await createTestDatabase({ worker: true })
  await database.pool.query(`insert into workspaces (id, name, slug) values ($1, 'W', 'w')`, [workspaceId])
})
afterAll(() => database.drop())

async function inTransaction(work: (client: Client) => Promise<void>): Promise<void> {
  const client = await database.pool.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
  } finally {
    client.release()
  }
}

async function deadWorker(): Promise<{ id: string; seqs: number[]; runs: string[]; leased: string }> {
  const [id, leased] = [randomUUID(), randomUUID()]
  const runs = [randomUUID(), randomUUID()]
  const { rows } = await database.pool.query<{ seq: number }>(
    `insert into outbox (workspace_id, lane, event_id) select $1, 1, gen_random_uuid() from generate_series(1, 2) returning seq`,
    [workspaceId],
  )
  for (const run of [...runs, leased])
    await database.pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, lane, rev, due_at, lease_by)
       values ('live', $1, $2, $3, 1, 'running', 'live', 1, 1, now() + interval '1 hour', $4)`,
      [workspaceId, run, randomUUID(), run === leased ? id : null],
    )
  const seqs = rows.map(({ seq }) => seq)
  await database.pool.query(
    `insert into workers (id, name, lock_key, claimed_seqs, claimed_runs) values ($1, 'dead', 1, $2, $3)`,
    [id, seqs, runs],
  )
  return { id, seqs, runs, leased }
}

async function stateOf({ id, seqs, runs, leased }: Awaited<ReturnType<typeof deadWorker>>) {
  const { rows } = await database.pool.query(
    `select array(select tries from outbox where seq = any($2) order by seq) as events,
       array(select coalesce(tries, 0) from runs_live where id = any($3::uuid[]) order by array_position($3::uuid[], id)) as runs,
       (select due_at <= now() from runs_live where id = $4) as due,
       (select json_build_array(claimed_seqs, claimed_runs) from workers where id = $1) as named`,
    [id, seqs, runs, leased],
  )
  return rows[0]
}

test('a dead worker’s claims are counted, its leases come due, and its row goes', async () => {
  const worker = await deadWorker()
  await inTransaction((client) => bury(client, worker.id))
  expect(await stateOf(worker)).toEqual({ events: [1, 1], runs: [1, 1], due: true, named: null })
})

test('burying never waits for a lock: what a batch holds stays named until that batch looks', async () => {
  const worker = await deadWorker()
  await inTransaction(async (batch) => {
    await batch.query('select from outbox where seq = $1 for update', [worker.seqs[0]])
    await batch.query('select from runs_live where id = $1 for update', [worker.runs[1]])
    // on another connection, which the batch's own process may be waiting for
    await inTransaction((client) => bury(client, worker.id))
    expect(await stateOf(worker)).toEqual({
      events: [0, 1],
      runs: [1, 0],
      due: true,
      named: [[worker.seqs[0]], [worker.runs[1]]],
    })
    await bury(batch, worker.id)
  })
  expect(await stateOf(worker)).toEqual({ events: [1, 1], runs: [1, 1], due: true, named: null })
})

test('of two that bury one worker at once, one leaves it to the other, and each try is counted once', async () => {
  const worker = await deadWorker()
  await inTransaction(async (first) => {
    await bury(first, worker.id)
    await inTransaction((second) => bury(second, worker.id))
  })
  expect(await stateOf(worker)).toEqual({ events: [1, 1], runs: [1, 1], due: true, named: null })
})

test('a lease that is locked keeps its dead worker’s row, for the next look', async () => {
  const worker = await deadWorker()
  await inTransaction(async (other) => {
    await other.query('select from runs_live where id = $1 for update', [worker.leased])
    await inTransaction((client) => bury(client, worker.id))
    expect(await stateOf(worker)).toMatchObject({ due: false, named: [[], []] })
  })
  await inTransaction((client) => bury(client, worker.id))
  expect(await stateOf(worker)).toMatchObject({ due: true, named: null })
})
