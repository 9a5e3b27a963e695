import { isDeepStrictEqual } from 'node:util'
import type { CrmEvent } from '@kantos/model'
import type { RecordRow } from '../../src/records/row.ts'
import type { LiveRun } from '../../src/runs/live-run.ts'
import { classOf, type RunRow, runRow } from '../../src/runs/row.ts'

/** Something that must never be so. */
export class Violation extends Error {}

export interface OutboxRow {
  seq: number
  event: CrmEvent
  tries: number
}

/** A live run as it is stored: JSON, and the columns that claims look at. */
export interface LiveEntry {
  text: string
  rev: number
  dueAt: number | null
  recordId: string | null
  watches: boolean
  leaseBy: string | null
  waitReason: LiveRun['waitReason']
  cancelRequested: boolean
  tries: number
  lane: number
  serialKey: string | null
}

/** A transaction, as its locks know it. */
export type Holder = object

/**
 * The tables that the engine needs, in memory, with PostgreSQL's rules as far as the engine relies on them: a row has one
 * holder until its transaction ends, what isn't committed is seen by nobody, and a run changes only from the `rev` that was read.
 */
export class Store {
  nowMs = Date.parse('2026-11-23T10:00:00.000Z')
  readonly records = new Map<string, RecordRow>()
  readonly events: { seq: number; event: CrmEvent }[] = []
  readonly outbox = new Map<number, OutboxRow>()
  readonly live = new Map<string, LiveEntry>()
  readonly ended = new Map<string, string>()
  /** without it, the fence of `rev` isn't looked at: what the tests of the simulation itself take away */
  fenced = true
  lastSeq = 0
  private readonly holders = new Map<string, Holder>()
  private ids = 0

  /** A uuidv7 of a moment. */
  id(ms: number): string {
    this.ids += 1
    const time = ms.toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${this.ids.toString(16).padStart(12, '0')}`
  }

  nextSeq(): number {
    this.lastSeq += 1
    return this.lastSeq
  }

  /** @returns false when another transaction holds it */
  lock(key: string, holder: Holder): boolean {
    const known = this.holders.get(key)
    if (known !== undefined && known !== holder) return false
    this.holders.set(key, holder)
    return true
  }

  /** @param except a transaction that may hold it */
  isFree(key: string, except?: Holder): boolean {
    const holder = this.holders.get(key)
    return holder === undefined || holder === except
  }

  unlock(holder: Holder): void {
    for (const [key, one] of this.holders) if (one === holder) this.holders.delete(key)
  }

  /** A stored run, as PostgreSQL would give it back. */
  read(id: string): RunRow {
    const entry = this.live.get(id)!
    const row = { ...EMPTY, ...(JSON.parse(entry.text) as RunRow) }
    return {
      ...row,
      started_at: row.started_at === null ? null : new Date(row.started_at),
      due_at: entry.dueAt === null ? null : new Date(entry.dueAt),
      rev: entry.rev,
      lease_by: entry.leaseBy,
      wait_reason: entry.waitReason,
      cancel_requested: entry.cancelRequested,
      tries: entry.tries,
      watches: entry.watches,
    }
  }

  /** Writes a run as `saveRuns` does: new, parked or ended. */
  save(run: LiveRun): void {
    const row = runRow(run)
    const text = JSON.stringify(row)
    const parsed = JSON.parse(text) as typeof row
    for (const column of ['state', 'steps', 'trigger', 'conditions', 'error', 'path'] as const)
      if (!isDeepStrictEqual(parsed[column] ?? null, plain(row[column] ?? null)))
        throw new Violation(`run ${run.id}: its ${column} is not the same after JSON`)
    if (this.ended.has(run.id)) throw new Violation(`run ${run.id} changed after it had ended`)
    const stored = this.live.get(run.id)
    if (run.rev === null ? stored !== undefined : stored === undefined || (this.fenced && stored.rev !== run.rev))
      throw new Violation(`run ${run.id} was changed by two, from rev ${run.rev}`)
    if (classOf(run.status) !== 'live') {
      this.live.delete(run.id)
      this.ended.set(run.id, text)
      return
    }
    run.rev = (run.rev ?? 0) + 1
    this.live.set(run.id, {
      text,
      rev: run.rev,
      dueAt: run.dueAt,
      recordId: run.recordId,
      watches: run.watches === true,
      leaseBy: run.leaseBy,
      waitReason: run.waitReason,
      cancelRequested: run.cancelRequested,
      tries: run.tries,
      lane: run.lane,
      serialKey: run.serialKey,
    })
  }

  /** The live runs that share a serial run's turns; none where it isn't serial. */
  sharing(serialKey: string | null): [id: string, entry: LiveEntry][] {
    return serialKey === null ? [] : [...this.live].filter(([, entry]) => entry.serialKey === serialKey)
  }

  /** Hands the turn of a run that has ended to the oldest one queued, as `passTurns` does. */
  passTurn(serialKey: string | null): void {
    const sharing = this.sharing(serialKey)
    if (sharing.some(([, { waitReason }]) => waitReason !== 'turn')) return
    const next = sharing.toSorted(([a], [b]) => (a < b ? -1 : 1))[0]?.[1]
    if (next === undefined) return
    Object.assign(next, { dueAt: this.nowMs, waitReason: 'queued', rev: next.rev + 1 })
  }
}

/** Without what JSON leaves out: absent and undefined are the same to whoever reads it. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, plain(one)]])),
  )
}

const EMPTY = {
  finished_at: null,
  conditions: null,
  trigger: null,
  steps: null,
  error: null,
  chain_id: null,
  depth: null,
  path: null,
  parent_run_id: null,
  retry_of: null,
  lane: null,
  lost: null,
  serial_key: null,
  wait_reason: null,
  step_chunks: null,
  event_id: null,
  record_id: null,
} as const
