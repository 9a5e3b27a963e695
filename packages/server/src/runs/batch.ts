import type { Command } from '@kantos/model'
import type { Client } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import type { WriteBatch } from '../records/write-batch.ts'
import type { LiveRun } from './live-run.ts'

export type EffectCommand = Extract<Command, { kind: 'effect' }>

/** The process's room for effects, as the planner asks for it. */
export interface EffectRoom {
  /** takes a place for a run's open effect, and says by which number its lease is known; else when to look again */
  reserve(run: LiveRun): { ok: true; lease?: number } | { ok: false; afterMs: number }
  /** why an effect that is only shown would be refused in earnest, as far as that can be told without beginning it; null: it would be tried */
  refuses(command: EffectCommand): string | null
}

/** Users, keys and runs by their public id, as `{{user.…}}` shows them. */
export type Actors = ReadonlyMap<string, { id: string; name: string; email: string }>

/** One transaction's work: what it reads and writes, and how long it may go on. */
export interface Batch {
  db: Client
  time: DbTime
  writes: WriteBatch
  /** who leases the effects */
  workerId: string
  room: EffectRoom
  actors: Actors
  /** begins to count the time anew */
  restartBudget(): void
  /** steps may still begin; what doesn't fit is saved where it stands */
  hasBudget(): boolean
  /** a step has begun; one always may, or a run whose records take long to read would stand where it is for ever */
  hasBegun(): boolean
  spend(): void
}
