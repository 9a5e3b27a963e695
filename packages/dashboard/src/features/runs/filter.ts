import { RUN_STATUSES, type RunFilterInput, type RunStatus } from '@kantos/model'

/** What the address of the list holds. */
export interface RunSearch {
  status?: string
  automation?: string
  record?: string
  chain?: string
  /** a group of failures */
  cause?: string
  /** failed and not dealt with */
  unretried?: true
  mode?: 'live' | 'test'
  /** `hour`, `day`, `week`; or from and to */
  time?: 'hour' | 'day' | 'week' | 'own'
  from?: string
  to?: string
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** The filter that an address holds; what makes no sense is left out. */
export function readSearch(search: Record<string, unknown>): RunSearch {
  const statuses = (text(search['status']) ?? '').split(',').filter((one) => RUN_STATUSES.includes(one as RunStatus))
  const mode = search['mode'] === 'live' || search['mode'] === 'test' ? search['mode'] : undefined
  const time = ['hour', 'day', 'week', 'own'].includes(search['time'] as string)
    ? (search['time'] as RunSearch['time'])
    : undefined
  const found: RunSearch = {
    status: statuses.length === 0 ? undefined : statuses.join(','),
    automation: text(search['automation']),
    record: text(search['record']),
    chain: text(search['chain']),
    cause: text(search['cause']),
    unretried: search['unretried'] === true || search['unretried'] === 'true' ? true : undefined,
    mode,
    time,
    from: time === 'own' ? text(search['from']) : undefined,
    to: time === 'own' ? text(search['to']) : undefined,
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as RunSearch
}

const SPANS_MS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const

/**
 * The filter as the API takes it. Spans like "last hour" are from the minute of `now`, so that pages of one list agree.
 *
 * @param now epoch ms
 */
export function filterOf(search: RunSearch, now: number): RunFilterInput {
  const { status, automation, record, chain, cause, unretried, mode, time, from, to } = search
  const minute = Math.floor(now / 60_000) * 60_000
  const since = time === undefined || time === 'own' ? from : new Date(minute - SPANS_MS[time]).toISOString()
  const ids = { automation_id: automation, record_id: record, chain_id: chain }
  const filter = { status, ...ids, cause, unretried, mode, from: since, to }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as RunFilterInput
}

/** Whether a record's id may be sent: half an id would be refused. */
export function isRecordId(id: string): boolean {
  return /^rec_[0-9a-f]{32}$/.test(id)
}

/** How many of the filters are set; a time between two days counts once. */
export function countOf({ status, automation, record, chain, cause, unretried, mode, time }: RunSearch): number {
  return [status, automation, record, chain, cause, unretried, mode, time].filter((one) => one !== undefined).length
}
