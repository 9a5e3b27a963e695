import { setTimeout as delay } from 'node:timers/promises'
import { publicId, type Run, uuidOf } from '@kantos/model'
import type { Client } from '../../src/db/pool.ts'
import { readRun } from '../../src/log/read.ts'
import type { OneRun, OneRunRig, Operation, Standing } from './one-run.ts'

/** Whose turn it is, move by move: `0` for the first operation, … */
export type Order = readonly number[]

/** All orders in which operations of two moves each can go: their work, and their commit. */
export function* orders(operations: number): Generator<Order> {
  function* rest(left: number[]): Generator<number[]> {
    if (left.every((count) => count === 0)) yield []
    for (const [i, count] of left.entries()) {
      if (count === 0) continue
      for (const tail of rest(left.with(i, count - 1))) yield [i, ...tail]
    }
  }
  yield* rest(Array.from({ length: operations }, () => 2))
}

/** What an interleaving came to. */
export interface Interleaved {
  words: string[]
  run: Run
  /** runs that were made of it */
  made: Run[]
  score: number
  sends: number
  /** what ended changed again */
  changed: boolean
}

/**
 * Lets operations on one run in a state go in an order, each in a transaction on a connection of its own. One that waits for another's
 * lock goes on as soon as that one commits, whatever the order says; then the run is taken to its end.
 *
 * @param gate asked before each statement of an operation: with it all work at once, and the order is that of their commits
 */
export async function interleave(
  rig: OneRunRig,
  standing: Standing,
  operations: readonly Operation[],
  order: Order,
  gate?: (operation: number) => Promise<void>,
): Promise<Interleaved> {
  const run = await rig.stand(standing)
  const clients = await Promise.all(operations.map(() => rig.connect()))
  const words: string[] = operations.map(() => '')
  const begun: (Promise<unknown> | null)[] = operations.map(() => null)
  let finished: Run | null = null
  let changed = false
  const look = async () => {
    const before = finished
    const now = await ended(rig, run.id)
    if (before !== null && JSON.stringify(now) !== JSON.stringify(before)) changed = true
    finished ??= now
  }
  try {
    const work = async (i: number) => {
      const client = clients[i]!
      await client.query('begin')
      words[i] = await rig.work(operations[i]!, gate === undefined ? client : gated(client, () => gate(i)), run)
    }
    const commit = async (i: number) => {
      // what lost a deadlock or a race is repeated, as the relay and the API do
      try {
        await begun[i]
        await clients[i]!.query('commit')
      } catch (error) {
        await clients[i]!.query('rollback')
        words[i] = `again after ${(error as { code?: string }).code ?? String(error)}`
        await rig.transaction((client) => rig.work(operations[i]!, client, run))
      }
      await look()
    }
    const commits: (Promise<void> | null)[] = operations.map(() => null)
    const begin = (i: number): Promise<unknown> => {
      const beginning = work(i)
      beginning.catch(() => {})
      begun[i] = beginning
      return beginning
    }
    if (gate !== undefined) await Promise.all(operations.map((_, i) => settledOrBlocked(rig, clients[i]!, begin(i))))
    for (const i of order) {
      if (begun[i] === null) await settledOrBlocked(rig, clients[i]!, begin(i))
      else if (commits[i] === null) {
        commits[i] = commit(i)
        await settledOrBlocked(rig, clients[i]!, commits[i])
      }
    }
    await Promise.all(commits)
  } finally {
    for (const client of clients) client.release()
  }
  await rig.drain(run)
  await look()
  return { words, changed, ...(await outcome(rig, run)) }
}

/** Goes on when it is done, or stands behind another's lock. */
async function settledOrBlocked(rig: OneRunRig, client: Client, work: Promise<unknown>): Promise<void> {
  let done = false
  const over = work.then(
    () => void (done = true),
    () => void (done = true),
  )
  const { processID } = client as unknown as { processID: number }
  for (;;) {
    await Promise.race([over, delay(15)])
    if (done) return
    const { rows } = await rig.pool.query<{ blocked: boolean }>(
      'select cardinality(pg_blocking_pids($1)) > 0 as blocked',
      [processID],
    )
    if (rows[0]!.blocked) return
  }
}

/** A connection whose statements each wait for their turn. */
function gated(client: Client, turn: () => Promise<void>): Client {
  return Object.create(client, {
    query: {
      value: async (...args: unknown[]) => {
        await turn()
        return Reflect.apply(client.query, client, args)
      },
    },
  }) as Client
}

async function ended(rig: OneRunRig, id: string): Promise<Run | null> {
  const run = await readRun(rig.pool, rig.workspaceId, id)
  if (run === null || run.finished_at === null) return null
  // who makes a new run of it is noted beside it
  const { retried_by: _, cause: _cause, ...rest } = run
  return rest as Run
}

async function outcome(rig: OneRunRig, run: OneRun): Promise<Omit<Interleaved, 'words' | 'changed'>> {
  const record = uuidOf('record', run.record)
  const { rows } = await rig.pool.query<{ id: string }>(
    'select id from runs where workspace_id = $1 and record_id = $2 order by id',
    [rig.workspaceId, record],
  )
  const runs = await Promise.all(rows.map(async ({ id }) => (await readRun(rig.pool, rig.workspaceId, id))!))
  const values = await rig.pool.query<{ score: number }>(
    `select (data ->> 'score')::int as score from records where workspace_id = $1 and id = $2`,
    [rig.workspaceId, record],
  )
  const own = publicId('run', run.id)
  const mine = runs.filter(({ id }) => id === own)
  if (mine.length !== 1) throw new Error(`There are ${mine.length} rows of ${own}.`)
  const made = runs.filter(({ id }) => id !== own)
  return { run: mine[0]!, made, score: values.rows[0]!.score, sends: run.sends }
}
