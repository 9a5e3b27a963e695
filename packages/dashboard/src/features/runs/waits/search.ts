import type { ClientInput, listWaitsRoute, WaitKind } from '@kantos/model'

/** What the address of the list of waits holds. */
export interface WaitSearch {
  automation?: string
  kind?: WaitKind
  due?: 'hour' | 'day' | 'week'
}

export type WaitFilter = Omit<NonNullable<ClientInput<typeof listWaitsRoute>['query']>, 'cursor' | 'limit'>

const KINDS: readonly unknown[] = ['wait', 'event', 'retry'] satisfies WaitKind[]
const SPANS_MS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const
const MINUTE_MS = 60_000

/** The filter that an address holds; what makes no sense is left out. */
export function readWaitSearch({ automation, kind, due }: Record<string, unknown>): WaitSearch {
  return {
    ...(typeof automation === 'string' && automation !== '' ? { automation } : {}),
    ...(KINDS.includes(kind) ? { kind: kind as WaitKind } : {}),
    ...(typeof due === 'string' && Object.hasOwn(SPANS_MS, due) ? { due: due as 'hour' } : {}),
  }
}

/**
 * The filter as the API takes it. "Within an hour" is from the minute of `now`, so that the pages of one list agree.
 *
 * @param now epoch ms
 */
export function waitFilterOf({ automation, kind, due }: WaitSearch, now: number): WaitFilter {
  const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS
  return {
    ...(automation === undefined ? {} : { automation_id: automation }),
    ...(kind === undefined ? {} : { kind }),
    ...(due === undefined ? {} : { due_before: new Date(minute + SPANS_MS[due]).toISOString() }),
  }
}
