import type { AutomationDocument } from '@kantos/model'
import { Pool as HttpPool } from 'undici'
import { createRecord } from '../src/records/write.ts'
import type { Installation } from '../src/cli/compose.ts'
import { type Part, startPart } from './part.ts'
import { addAutomation, BENCH_KEY, type Bench, random } from './setup.ts'

/** New leads of more than 5,000 are marked and told to a receiver; the record's `score` says which of ten. */
function leadWelcome(ports: readonly number[]): AutomationDocument {
  const first = ports[0]!
  return {
    trigger: { event: 'record.created', object: 'leads' },
    conditions: {
      match: 'all',
      rules: [
        { field: 'status', operator: 'equals', value: 'new' },
        { field: 'estimated_value', operator: 'greater_than', value: 5000 },
      ],
    },
    actions: [
      { key: 'mark', type: 'update_record', config: { fields: { status: 'contacted' } } },
      {
        key: 'tell',
        type: 'webhook',
        config: {
          url: `http://127.0.0.1:{{coalesce(record.score, ${first})}}/lead`,
          body: { name: '{{record.name}}', id: '{{record.id}}' },
        },
      },
    ],
  }
}

interface Live {
  product: Part
  receiver: Part
  ports: number[]
  http: HttpPool
  close(): Promise<void>
}

/** The whole product in one process, receivers in another, and an HTTP client here. */
export async function startLive(bench: Bench, installation: Installation): Promise<Live> {
  const receiver = await startPart('receiver', {})
  const ports = await receiver.ask<number[]>({ type: 'ports' })
  await addAutomation(installation, 'Lead welcome', leadWelcome(ports))
  const product = await startPart('product', bench.env)
  const port = await product.ask<number>({ type: 'port' })
  const http = new HttpPool(`http://127.0.0.1:${port}`, { connections: 16, pipelining: 1 })
  return {
    product,
    receiver,
    ports,
    http,
    close: async () => {
      await http.close()
      await product.stop()
      await receiver.stop()
    },
  }
}

async function postLead(live: Live, name: string, port: number): Promise<void> {
  const { statusCode, body } = await live.http.request({
    method: 'POST',
    path: '/api/crm/record',
    headers: { 'content-type': 'application/json', 'x-api-key': BENCH_KEY },
    body: JSON.stringify({
      object_id: 'obj_leads',
      field_values: { name, status: 'new', estimated_value: 6000, score: port, email: 'ada@example.org' },
    }),
  })
  const text = await body.text()
  if (statusCode !== 201) throw new Error(`POST /crm/record answered ${statusCode}: ${text}`)
}

/**
 * (b) 16 clients create leads as fast as they can.
 *
 * @param hanging one receiver in ten never answers; the others' deliveries are measured
 * @returns leads told a second, from the first POST to the last delivery
 */
export async function leadWelcomeRate(live: Live, count: number, hanging: boolean): Promise<number> {
  await live.receiver.ask({ type: 'take' })
  await live.receiver.ask({ type: 'hang', on: hanging })
  const pick = random(42)
  const ports = Array.from({ length: count }, () => live.ports[Math.floor(pick() * 10)]!)
  const expected = hanging ? ports.filter((port) => port !== live.ports[9]).length : count
  const begun = performance.timeOrigin + performance.now()
  let next = 0
  const client = async () => {
    for (let i = next++; i < count; i = next++) await postLead(live, `Lead ${i}`, ports[i]!)
  }
  await Promise.all(Array.from({ length: 16 }, client))
  const deadline = performance.now() + 120_000
  while ((await live.receiver.ask<number>({ type: 'count' })) < expected) {
    if (performance.now() > deadline) throw new Error('Not all leads were told within two minutes.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const arrivals = await live.receiver.ask<{ name: string; at: number }[]>({ type: 'take' })
  const last = Math.max(...arrivals.map(({ at }) => at))
  return (expected / (last - begun)) * 1000
}

export interface Latencies {
  p50: number
  p95: number
  p99: number
}

/** (c) ten leads a second: milliseconds from POST to delivery. */
export async function leadWelcomeLatency(live: Live, perSecond: number, seconds: number): Promise<Latencies> {
  await live.receiver.ask({ type: 'hang', on: false })
  await live.receiver.ask({ type: 'take' })
  const sent = new Map<string, number>()
  const total = perSecond * seconds
  const posts: Promise<void>[] = []
  for (let i = 0; i < total; i++) {
    const name = `Timed ${i}`
    sent.set(name, performance.timeOrigin + performance.now())
    posts.push(postLead(live, name, live.ports[i % 10]!))
    await new Promise((resolve) => setTimeout(resolve, 1000 / perSecond))
  }
  await Promise.all(posts)
  const deadline = performance.now() + 30_000
  while ((await live.receiver.ask<number>({ type: 'count' })) < total && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const arrivals = await live.receiver.ask<{ name: string; at: number }[]>({ type: 'take' })
  // a receiver that hung before gets its second attempts now; they aren't of these
  const times = arrivals
    .flatMap(({ name, at }) => (sent.has(name) ? [at - sent.get(name)!] : []))
    .toSorted((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** (d) write transactions a second by 16 writers, each a record of its own. */
export async function writeRate({ services, workspaceId }: Installation, object: string, ms: number): Promise<number> {
  const until = performance.now() + ms
  let written = 0
  const writer = async () => {
    while (performance.now() < until) {
      await createRecord(
        services,
        workspaceId,
        object,
        { name: `Lead ${written}`, status: 'new', estimated_value: 6000, email: 'ada@example.org' },
        { actor: 'key_bench', source: 'api', lane: 1, chain: null },
      )
      written += 1
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: 16 }, writer))
  return (written / (performance.now() - begun)) * 1000
}

export type { Live }
