import { randomUUID } from 'node:crypto'
import { createAutomationRoute, createRecordRoute, publicId, uuidOf } from '@kantos/model'
import type { Client } from '../../src/db/pool.ts'
import { acrossWorkspaces } from '../../src/db/walls.ts'
import { advance, type Advanced } from '../../src/runs/advance.ts'
import { cancelRuns } from '../../src/runs/cancel.ts'
import type { LiveRun } from '../../src/runs/live-run.ts'
import { resumeRuns } from '../../src/runs/resume.ts'
import { replayRuns, retryRuns } from '../../src/runs/retry.ts'
import type { EffectOutcome } from '../../src/runs/settle.ts'
import { createTestApp, type TestApp } from '../app.ts'

/** Where the one run stands before anything happens to it. */
export type Standing = 'effect' | 'wait' | 'retry' | 'failed'
export const OPERATIONS = ['finish', 'fail', 'cancel', 'takeover', 'due', 'resume', 'retry', 'replay'] as const
export type Operation = (typeof OPERATIONS)[number]

/** A run in a state, the record it works on, and the lease under which its effect was performed. */
export interface OneRun {
  id: string
  record: string
  leased: LiveRun | null
  /** how often its webhook left the house */
  sends: number
}

export interface OneRunRig extends TestApp {
  stand(standing: Standing): Promise<OneRun>
  /** the work of an operation, inside the caller's transaction; what it came to in a word */
  work(operation: Operation, client: Client, run: OneRun): Promise<string>
  /** takes a run and what was made of it to their ends, performing what is leased */
  drain(run: OneRun): Promise<void>
  transaction<T>(work: (client: Client) => Promise<T>): Promise<T>
  connect(): Promise<Client>
}

const NETWORK = { code: 'NETWORK' as const, message: 'It failed.', kind: 'transient' as const }

/** The engine's database code without its loops: each batch is begun and committed by the test. */
export async function createOneRunRig(): Promise<OneRunRig> {
  const app = await createTestApp()
  const { services, workspaceId } = app
  const { time } = services
  const pool = acrossWorkspaces(app.pool)
  const add = { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } }
  await app.client.call(createAutomationRoute, {
    body: {
      name: 'One run',
      status: 'active',
      trigger: { event: 'record.created', object: 'leads' },
      actions: [
        add,
        { type: 'webhook', config: { url: 'https://example.org', retry: { delays_seconds: [60] } } },
        add,
        { type: 'wait', config: { duration: 1, unit: 'hours' } },
        add,
      ],
    } as never,
  })

  const batch = (client: Client, outcomes: EffectOutcome[], limits: { events?: number; due?: number }) =>
    advance(client, time, {
      workerId: randomUUID(),
      room: { reserve: () => ({ ok: true }), refuses: () => null },
      outcomes,
      eventLimit: limits.events ?? 0,
      dueLimit: limits.due ?? 0,
      budgetMs: 60_000,
      maxCommands: 1_000,
      waitForLocks: false,
      fail: null,
      claimed: async () => {},
    })

  const transaction = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }

  const outcomeOf = (run: LiveRun, how: 'finish' | 'fail' | 'fail for good'): EffectOutcome => {
    const at = new Date(time.now()).toISOString()
    const attempt = { attempt: 0, started_at: at, finished_at: at }
    const about = { workspaceId, runId: run.id, rev: run.rev! }
    if (how === 'finish') return { ...about, attempt, result: { kind: 'done', output: { status: 200 } } }
    return {
      ...about,
      attempt: { ...attempt, error: NETWORK },
      result: { kind: 'failed', error: NETWORK, permanent: how === 'fail for good', transient: true },
    }
  }

  /** Keeps what a batch has leased: it is performed, once, as soon as it is committed. */
  const perform = (run: OneRun, { leased }: Advanced): void => {
    const mine = leased.find(({ id }) => id === run.id)
    if (mine === undefined) return
    run.leased = mine
    run.sends += 1
  }

  const makeDue = (id: string, client: Pick<Client, 'query'> = pool) =>
    client.query('update runs_live set due_at = clock_timestamp() where workspace_id = $1 and id = $2', [
      workspaceId,
      id,
    ])

  const stand = async (standing: Standing): Promise<OneRun> => {
    const body = { object_id: 'leads', field_values: { name: 'Ada', score: 0 } }
    await app.client.call(createRecordRoute, { body })
    // of several at once each takes the oldest that is free, and may see none: a younger one took its own
    let begun = await transaction((client) => batch(client, [], { events: 1 }))
    while (begun.runs.length === 0) begun = await transaction((client) => batch(client, [], { events: 1 }))
    const { id, recordId } = begun.runs[0]!
    const run: OneRun = { id, record: publicId('record', recordId!), leased: null, sends: 0 }
    perform(run, begun)
    // nobody else is to take it over
    await pool.query(`update runs_live set due_at = due_at + interval '1 day' where id = $1`, [run.id])
    const how = { effect: null, wait: 'finish', retry: 'fail', failed: 'fail for good' } as const
    const ending = how[standing]
    if (ending !== null) await transaction((client) => batch(client, [outcomeOf(run.leased!, ending)], {}))
    return run
  }

  const word = (outcomes: ReadonlyMap<string, object>, id: string): string => {
    const outcome = outcomes.get(id)!
    return outcome instanceof Error ? 'refused' : 'done'
  }

  const work: OneRunRig['work'] = async (operation, client, run) => {
    switch (operation) {
      case 'finish':
      case 'fail': {
        const done = await batch(client, [outcomeOf(run.leased!, operation)], {})
        return done.lateOutcomes > 0 ? 'late' : 'done'
      }
      case 'takeover':
      case 'due': {
        await client.query(
          `update runs_live set due_at = clock_timestamp() where workspace_id = $1 and due_at is not null and id = (
             select id from runs_live where workspace_id = $1 and id = $2 for update skip locked)`,
          [workspaceId, run.id],
        )
        const done = await batch(client, [], { due: 1 })
        perform(run, done)
        return done.taken > 0 ? 'done' : 'nothing'
      }
      case 'cancel':
        return word(await cancelRuns(client, time, workspaceId, [run.id]), run.id)
      case 'resume':
        return word(await resumeRuns(client, workspaceId, [run.id]), run.id)
      case 'retry':
        return word(await retryRuns(client, time, workspaceId, [run.id]), run.id)
      case 'replay':
        return word(await replayRuns(client, time, workspaceId, [run.id]), run.id)
    }
  }

  const drain = async (run: OneRun): Promise<void> => {
    for (let round = 0; round < 40; round++) {
      const { rows } = await pool.query<{ id: string; lease_by: string | null; rev: number }>(
        'select id, lease_by, rev from runs_live where workspace_id = $1 and record_id = $2',
        [workspaceId, uuidOf('record', run.record)],
      )
      if (rows.length === 0) return
      for (const { id, lease_by, rev } of rows) {
        const about = { ...run.leased, id, rev } as LiveRun
        if (lease_by !== null) await transaction((client) => batch(client, [outcomeOf(about, 'finish')], {}))
        else {
          await makeDue(id)
          const done = await transaction((client) => batch(client, [], { due: 10 }))
          if (id === run.id) perform(run, done)
        }
      }
    }
    throw new Error(`${publicId('run', run.id)} never ends.`)
  }

  return { ...app, stand, work, drain, transaction, connect: () => pool.connect() }
}
