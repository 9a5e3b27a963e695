import {
  type Automation,
  createAutomationRoute,
  createRecordRoute,
  getRunRoute,
  listRunsRoute,
  type RecordAnswer,
  type Run,
} from '@kantos/model'
import { createEgress, type EgressRequest, type EgressResult } from '../src/ports/egress.ts'
import { startWorker } from '../src/worker.ts'
import { createTestApp, type TestApp } from './app.ts'
import { until } from './helpers.ts'

type Answer = (request: EgressRequest) => EgressResult | Promise<EgressResult>

/** The API with a worker behind it, and an outside that answers as it is told. */
export interface AppWithWorker extends TestApp {
  /** how the outside answers requests from now on; the default is 200 */
  answer(answer: Answer): void
  /** saves an automation: active and on new leads, unless told otherwise */
  automation(document: Record<string, unknown>): Promise<Automation>
  lead(values?: Record<string, unknown>): Promise<RecordAnswer>
  run(id: string): Promise<Run>
  /** the newest run of an automation, once it stands as wanted */
  runOf(automation: { id: string }, status: Run['status']): Promise<Run>
}

export const answered = (status: number): EgressResult => ({
  kind: 'answer',
  status,
  headers: {},
  body: Buffer.from('{}'),
  truncated: false,
  durationMs: 1,
})

/**
 * Starts both over a database of their own.
 *
 * ```ts
 * const t = await startAppWithWorker()
 * afterAll(t.drop)
 * ```
 */
export async function startAppWithWorker(): Promise<AppWithWorker> {
  const t = await createTestApp()
  let answer: Answer = () => answered(200)
  const { services, client } = t
  // what is no request at all is refused as it is everywhere
  const { refuses, close } = createEgress({ allow: ['0.0.0.0/0', '::/0'] })
  services.egress = {
    refuses,
    send: async (request) => {
      const message = refuses(request)
      if (message !== null) return { kind: 'refused', code: 'EGRESS_REFUSED', message }
      t.requests.push(request)
      return answer(request)
    },
    close,
  }
  const worker = await startWorker(services)
  services.wake = () => worker.wake()
  const run = (id: string) => client.call(getRunRoute, { params: { id } })
  return {
    ...t,
    answer: (given) => {
      answer = given
    },
    automation: async (document) => {
      const trigger = { event: 'record.created', object: 'leads' }
      const body = { name: 'An automation', status: 'active', trigger, ...document }
      return (await client.call(createAutomationRoute, { body: body as never })) as unknown as Automation
    },
    lead: async (values = {}) => {
      const body = { object_id: 'leads', field_values: { name: 'Ada', ...values } }
      return (await client.call(createRecordRoute, { body })) as RecordAnswer
    },
    run,
    runOf: (automation, status) =>
      until(async () => {
        const { data } = await client.call(listRunsRoute, { query: { automation_id: automation.id, limit: 1 } })
        return data[0]?.status === status ? run(data[0].id) : null
      }),
    drop: async () => {
      await worker.stop(2_000)
      await t.drop()
    },
  }
}
