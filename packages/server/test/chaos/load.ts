import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, createRecordRoute, createRecordsRoute, updateRecordRoute, uuidOf } from '@kantos/model'
import type { Active } from './automations.ts'
import type { Installation } from './installation.ts'
import { startCases } from './load-cases.ts'

const CLIENTS = 8
const CHANGES = 4
const TICK_EVERY_MS = 2_000
/** who isn't served asks again after the first of these, then after twice as long each time, up to the second */
const PAUSE_MS = [50, 1_000] as const
const CALL_MS = 20_000
/** on a slow machine the clients hold back while so many events wait to be taken up */
const MOST_WAITING = 300
const LOOK_MS = 500
/** one case for so many writes of others */
const EVENTS_PER_CASE = 20

/** What clients were told, to be found in the database. */
export interface Told {
  /** acknowledged leads, by UUID, with how many changes were acknowledged */
  leads: Map<string, number>
  /** acknowledged cases, by UUID, with how many changes of their state were acknowledged */
  cases: Map<string, number>
  /** acknowledged runs on existing records, by public id, with the name of the batch of deals */
  enlisted: Map<string, string>
  /** contacts and deals that were acknowledged, by UUID */
  others: Set<string>
  /** names of batches of deals, five each */
  batches: string[]
  /** ids of inbound webhooks that were acknowledged, and what they were answered */
  deliveries: Map<string, string>
  /** answers by status, 0: none came */
  answers: Map<number, number>
  /** answers that nobody should get */
  wrong: string[]
}

export interface Load {
  told: Told
  /** stops making work, and waits until everybody has got his answer */
  stop(): Promise<void>
}

/**
 * Clients that write, about `perSecond` times a second together. Those that must be served ask again, with the same
 * Idempotency-Key, until they are; some give up at the first failure. The schedule is moved to tick each two seconds.
 */
export function startLoad(
  installation: Pick<Installation, 'client' | 'db'>,
  { hookUrl, ids }: Active,
  perSecond: number,
): Load {
  const { client, db } = installation
  const told: Told = {
    leads: new Map(),
    cases: new Map(),
    enlisted: new Map(),
    others: new Set(),
    batches: [],
    deliveries: new Map(),
    answers: new Map(),
    wrong: [],
  }
  let loading = true
  let nextAt = performance.now()
  let tooMany = false
  const paced = async () => {
    while (loading && tooMany) await delay(100)
    nextAt = Math.max(nextAt + 1000 / perSecond, performance.now() - 1_000)
    const ms = nextAt - performance.now()
    if (ms > 0) await delay(ms)
  }
  const count = (status: number) => told.answers.set(status, (told.answers.get(status) ?? 0) + 1)
  const statusOf = (error: unknown) => (error instanceof ApiError ? error.status : 0)
  const signal = () => AbortSignal.timeout(CALL_MS)

  async function once<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      const answer = await call()
      count(200)
      return answer
    } catch (error) {
      const status = statusOf(error)
      count(status)
      // a key that is in use is answered 409, a process that stops answers 503, and failpoints make a 500
      if (![0, 409, 500, 503].includes(status)) told.wrong.push(`${status} ${(error as Error).message}`)
      return null
    }
  }
  async function untilTold<T>(call: () => Promise<T>): Promise<T> {
    for (let pause: number = PAUSE_MS[0]; ; pause = Math.min(pause * 2, PAUSE_MS[1])) {
      const answer = await once(call)
      if (answer !== null) return answer
      await delay(pause)
    }
  }

  async function writeLeads(n: number): Promise<void> {
    for (let i = 0; loading; i++) {
      const name = `w${n}-${i}`
      const body = { object_id: 'leads', field_values: { name, email: `${name}@chaos.test`, notes: '', turns: '' } }
      await paced()
      const { id } = await untilTold(() =>
        client.call(createRecordRoute, { body: body as never }, { idempotencyKey: name, signal: signal() }),
      )
      const lead = uuidOf('record', id)!
      told.leads.set(lead, 0)
      for (let change = 1; change <= CHANGES; change++) {
        await paced()
        const field_values = { company: `c${change}` }
        await untilTold(() =>
          client.call(updateRecordRoute, { params: { id }, body: { field_values } as never }, { signal: signal() }),
        )
        told.leads.set(lead, change)
      }
    }
  }

  /** Doesn't ask again: what failed must be there whole or not at all. */
  async function giveUp(): Promise<void> {
    for (let i = 0; loading; i++) {
      await paced()
      const values = { name: `contact ${i}`, email: `contact${i}@chaos.test` }
      const contact = await once(() =>
        client.call(
          createRecordRoute,
          { body: { object_id: 'contacts', field_values: values } as never },
          { signal: signal() },
        ),
      )
      if (contact !== null) told.others.add(uuidOf('record', contact.id)!)
      await paced()
      const name = `batch ${i}`
      told.batches.push(name)
      const records = Array.from({ length: 5 }, () => ({ name }))
      const batch = await once(() =>
        client.call(createRecordsRoute, { body: { object_id: 'deals', records } as never }, { signal: signal() }),
      )
      for (const { id } of batch?.data ?? []) told.others.add(uuidOf('record', id)!)
      if (batch !== null) cases?.enlist(name)
    }
  }

  async function callHook(): Promise<void> {
    for (let i = 0; loading; i++) {
      await paced()
      await paced()
      const answer = await untilTold(async () => {
        const response = await fetch(hookUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'webhook-id': `hook-${i}` },
          body: JSON.stringify({ n: i }),
          signal: signal(),
        })
        if (response.status !== 202)
          throw new ApiError(response.status === 503 ? 'UNAVAILABLE' : 'INTERNAL', await response.text())
        return (await response.json()) as { event_id: string }
      })
      told.deliveries.set(`hook-${i}`, answer.event_id)
    }
  }

  /** A minute is too long a wait: the schedule's next tick is moved to the last minute's beginning, and counted. */
  async function tick(): Promise<void> {
    while (loading) {
      await db
        .query(
          `with moved as (
             update schedules set next_tick_at = date_trunc('minute', now())
             where automation_id = $1 and next_tick_at > now() returning 1
           )
           insert into chaos_ticks select now() from moved`,
          [ids.tick],
        )
        .catch(() => {})
      await delay(TICK_EVERY_MS)
    }
  }

  async function holdBack(): Promise<void> {
    while (loading) {
      const { rows } = await db
        .query<{ n: number }>(`select count(*)::int as n from (select 1 from outbox limit ${MOST_WAITING}) x`)
        .catch(() => ({ rows: [] }))
      tooMany = rows[0]?.n === MOST_WAITING
      await delay(LOOK_MS)
    }
  }

  // the version before knows nothing of them
  const cases =
    'answer' in ids
      ? startCases({
          client,
          ids,
          told,
          untilTold,
          signal,
          casesPerSecond: perSecond / EVENTS_PER_CASE,
          loading: () => loading,
          tooMany: () => tooMany,
        })
      : null
  const work = [
    ...Array.from({ length: CLIENTS }, (_, n) => writeLeads(n)),
    giveUp(),
    callHook(),
    tick(),
    holdBack(),
    cases?.done,
  ]
  return {
    told,
    stop: async () => {
      loading = false
      await Promise.all(work)
    },
  }
}
