import {
  type ActionType,
  createAutomationRoute,
  createRecordRoute,
  deleteRecordRoute,
  getRecordRoute,
  type Run,
  updateRecordRoute,
  uuidOf,
} from '@kantos/model'
import type { Config } from '../src/cli/config.ts'
import { readRun } from '../src/log/read.ts'
import { createEgress } from '../src/ports/egress.ts'
import { createMailer } from '../src/ports/mailer.ts'
import type { Services } from '../src/services.ts'
import { startWorker, type Worker } from '../src/worker.ts'
import { createTestApp, type TestApp } from './app.ts'
import { until } from './helpers.ts'
import { type HttpReceiver, type SmtpReceiver, startHttpReceiver, startSmtpReceiver } from './receivers.ts'

/** An action as a user writes it; nested ones inside `config`. */
export interface ActionInput {
  type: ActionType
  key?: string
  name?: string
  on_error?: 'stop' | 'continue' | { actions: ActionInput[] }
  config?: Record<string, unknown>
}

export interface AutomationInput {
  name?: string
  status?: 'active' | 'inactive'
  mode?: 'live' | 'test'
  serial?: boolean
  trigger: Record<string, unknown>
  conditions?: Record<string, unknown>
  actions: ActionInput[]
}

export interface TestEngine extends TestApp {
  http: HttpReceiver
  smtp: SmtpReceiver
  worker: Worker
  /** one more worker in this process, with a pool-wide presence of its own */
  addWorker(changes?: Partial<Services>): Promise<Worker>
  /** creates an automation through the API, active unless it says otherwise; its public id */
  automation(input: AutomationInput): Promise<string>
  create(object: string, values: Record<string, unknown>): Promise<string>
  update(record: string, values: Record<string, unknown>): Promise<void>
  remove(record: string): Promise<void>
  /** a record's values; null when it is gone */
  values(record: string): Promise<Record<string, unknown> | null>
  /** the runs of an automation as the log shows them, oldest first */
  runs(automation: string): Promise<Run[]>
  /** waits until an automation has so many runs and all of them have ended */
  ended(automation: string, count?: number): Promise<Run[]>
  /** waits for the one run of an automation to end */
  run(automation: string): Promise<Run>
  /** waits until the one live run of an automation stands still for a reason */
  standing(automation: string, reason: string): Promise<LiveRow>
  /** the live runs of an automation */
  live(automation: string): Promise<LiveRow[]>
  /** makes the live runs of an automation due now, as if the time had passed, and waits until they were taken up */
  passTime(automation: string): Promise<void>
  /** nothing is left to do but waits */
  quiet(): Promise<void>
  stop(): Promise<void>
}

export interface LiveRow {
  id: string
  status: string
  wait_reason: string
  due_at: Date | null
  rev: number
  attempt: number
  lost: number
  lease_by: string | null
  steps: Run['steps']
  /** milliseconds from the database's now until it is due */
  due_in: number
}

/**
 * The product in one process over a database of its own: the API, a worker, and a real way out to receivers on 127.0.0.1.
 *
 * @param config settings that differ from the defaults
 */
export async function createTestEngine(config: Partial<Config> = {}): Promise<TestEngine> {
  const app = await createTestApp(config)
  const http = await startHttpReceiver()
  const smtp = await startSmtpReceiver()
  const { services, pool, workspaceId } = app
  services.egress = createEgress({ allow: ['127.0.0.1'] })
  services.mailer = createMailer({ smtpUrl: smtp.url, from: services.config.mailFrom })
  const workers: Worker[] = []
  const addWorker = async (changes: Partial<Services> = {}) => {
    const worker = await startWorker(Object.assign(Object.create(services) as Services, changes))
    workers.push(worker)
    services.wake = () => workers.forEach((one) => one.wake())
    return worker
  }
  const worker = await addWorker()
  const uuid = (automation: string) => uuidOf('automation', automation)!

  const engine: TestEngine = {
    ...app,
    http,
    smtp,
    worker,
    addWorker,
    automation: async (input) => {
      const { name = 'An automation', status = 'active', ...rest } = input
      const made = await app.client.call(createAutomationRoute, { body: { name, status, ...rest } as never })
      return made.id
    },
    create: async (object, values) =>
      (await app.client.call(createRecordRoute, { body: { object_id: object, field_values: values } as never })).id,
    update: async (record, values) => {
      await app.client.call(updateRecordRoute, { params: { id: record }, body: { field_values: values } as never })
    },
    remove: async (record) => {
      await app.client.call(deleteRecordRoute, { params: { id: record } })
    },
    values: (record) =>
      app.client.call(getRecordRoute, { params: { id: record } }).then(
        (answer) => answer.field_values as Record<string, unknown>,
        () => null,
      ),
    runs: async (automation) => {
      const { rows } = await pool.query<{ id: string }>(
        'select id from runs where workspace_id = $1 and automation_id = $2 order by id',
        [workspaceId, uuid(automation)],
      )
      return Promise.all(rows.map(async ({ id }) => (await readRun(pool, workspaceId, id))!))
    },
    ended: async (automation, count = 1) => {
      await until(async () => {
        const { rows } = await pool.query<{ all: number; live: number }>(
          `select count(*)::int as all, count(*) filter (where class = 'live')::int as live from runs
           where workspace_id = $1 and automation_id = $2`,
          [workspaceId, uuid(automation)],
        )
        return rows[0]!.all >= count && rows[0]!.live === 0
      })
      return engine.runs(automation)
    },
    run: async (automation) => (await engine.ended(automation))[0]!,
    live: async (automation) => {
      const { rows } = await pool.query<LiveRow>(
        `select id, status, wait_reason, due_at, rev, attempt, lost, lease_by, steps,
           (extract(epoch from due_at - clock_timestamp()) * 1000)::float8 as due_in
         from runs_live where workspace_id = $1 and automation_id = $2 order by id`,
        [workspaceId, uuid(automation)],
      )
      return rows
    },
    standing: async (automation, reason) =>
      until(async () => (await engine.live(automation)).find((row) => row.wait_reason === reason)),
    passTime: async (automation) => {
      const { rows } = await pool.query<{ id: string; rev: number }>(
        `update runs_live set due_at = clock_timestamp() where workspace_id = $1 and automation_id = $2
           and due_at is not null and lease_by is null returning id, rev`,
        [workspaceId, uuid(automation)],
      )
      services.wake()
      await until(async () => {
        const left = await engine.live(automation)
        return rows.every(({ id, rev }) => !left.some((row) => row.id === id && row.rev === rev))
      })
    },
    quiet: async () => {
      await until(async () => {
        const { rows } = await pool.query<{ left: number }>(
          `select (select count(*) from outbox)::int + (select count(*) from runs_live where status <> 'waiting')::int as left`,
        )
        return rows[0]!.left === 0
      })
    },
    stop: async () => {
      await Promise.all(workers.map((one) => one.stop(2_000)))
      // what hangs is cut off, so that the way out can close
      await Promise.all([http.close(), smtp.close()])
      await services.egress.close()
      await services.mailer?.close()
      await app.drop()
    },
  }
  return engine
}
