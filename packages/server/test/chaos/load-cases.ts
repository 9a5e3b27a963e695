import { setTimeout as delay } from 'node:timers/promises'
import {
  activateAutomationRoute,
  type Client,
  createRecordRoute,
  deactivateAutomationRoute,
  enlistRoute,
  publicId,
  updateRecordRoute,
  uuidOf,
} from '@kantos/model'
import type { Told } from './load.ts'

/** A case's answer or end comes so long after it, ms: some in time, some too late */
const FIRST_CHANGE_MS = [300, 6_000] as const
const NEXT_CHANGE_MS = [100, 3_000] as const
const DUE_IN_MS = 5_000
const MOVED_AFTER_MS = [500, 3_000] as const
const MOST_AT_ONCE = 60
const TOGGLE_EVERY_MS = 1_500
/** each batch has five records, so that it takes some chunks of a second each */
const PER_MINUTE = 120
/** a date that nobody lives to see */
const REVIEW = '2126-03-01'

export interface CaseLoadOptions {
  client: Client
  /** of the automations, by name: UUIDs */
  ids: Record<string, string>
  told: Told
  /** asks again until there is an answer */
  untilTold<T>(call: () => Promise<T>): Promise<T>
  signal(): AbortSignal
  casesPerSecond: number
  loading(): boolean
  /** the system is behind */
  tooMany(): boolean
}

export interface CaseLoad {
  /** a batch of deals was acknowledged: an automation is run on it */
  enlist(batch: string): void
  /** ends when nothing is to be written any more and everybody has got his answer */
  done: Promise<unknown>
}

/**
 * Clients of the second half of the load: cases that are answered or closed while runs wait for that, and whose dates are
 * moved before they are reached; an automation that is run on existing deals; and one that follows dates and is switched off and on.
 */
export function startCases(options: CaseLoadOptions): CaseLoad {
  const { client, ids, told, untilTold, signal, casesPerSecond, loading, tooMany } = options
  const between = ([min, max]: readonly [number, number]) => min + Math.random() * (max - min)
  const patch = (id: string, field_values: Record<string, unknown>) =>
    untilTold(() =>
      client.call(updateRecordRoute, { params: { id }, body: { field_values } as never }, { signal: signal() }),
    )

  async function oneCase(i: number): Promise<void> {
    const name = `case-${i}`
    const due = new Date(Date.now() + DUE_IN_MS).toISOString()
    const body = { object_id: 'cases', field_values: { name, state: 'open', due, review: REVIEW } }
    const { id } = await untilTold(() =>
      client.call(createRecordRoute, { body: body as never }, { idempotencyKey: name, signal: signal() }),
    )
    const uuid = uuidOf('record', id)!
    told.cases.set(uuid, 0)
    const states = async () => {
      await delay(between(FIRST_CHANGE_MS))
      for (const [n, state] of (['answered', 'closed'] as const).slice(0, 1 + (i % 2)).entries()) {
        if (n > 0) await delay(between(NEXT_CHANGE_MS))
        // some are closed without an answer
        await patch(id, { state: i % 4 === 2 ? 'closed' : state })
        told.cases.set(uuid, n + 1)
      }
    }
    const dates = async () => {
      if (i % 3 !== 0) return
      await delay(between(MOVED_AFTER_MS))
      await patch(id, { due: i % 9 === 0 ? null : new Date(Date.now() + DUE_IN_MS).toISOString() })
    }
    await Promise.all([states(), dates()])
  }

  async function writeCases(): Promise<void> {
    const open = new Set<Promise<void>>()
    for (let i = 0; loading(); i++) {
      await delay(1000 / casesPerSecond)
      while (loading() && (tooMany() || open.size >= MOST_AT_ONCE)) await delay(100)
      const one = oneCase(i)
      open.add(one)
      void one.finally(() => open.delete(one))
    }
    await Promise.all(open)
  }

  async function toggle(): Promise<void> {
    const params = { id: publicId('automation', ids.filled!) }
    while (loading()) {
      await delay(TOGGLE_EVERY_MS)
      await untilTold(() => client.call(deactivateAutomationRoute, { params }, { signal: signal() }))
      await delay(TOGGLE_EVERY_MS)
      await untilTold(() => client.call(activateAutomationRoute, { params }, { signal: signal() }))
    }
  }

  const batches: string[] = []
  async function enlistSome(): Promise<void> {
    const params = { id: publicId('automation', ids.listed!) }
    while (loading()) {
      const batch = batches.shift()
      if (batch === undefined) {
        await delay(100)
        continue
      }
      const body = { filters: { name: batch }, per_minute: PER_MINUTE }
      const { id } = await untilTold(() =>
        client.call(enlistRoute, { params, body }, { idempotencyKey: `enlist ${batch}`, signal: signal() }),
      )
      told.enlisted.set(id, batch)
      await delay(500)
    }
  }

  return {
    // those that nobody got to are of no interest any more
    enlist: (batch) => void batches.splice(0, batches.length, batch),
    done: Promise.all([writeCases(), toggle(), enlistSome()]),
  }
}
