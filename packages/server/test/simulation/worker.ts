import type { DbTime } from '../../src/db/time.ts'
import type { LiveRun } from '../../src/runs/live-run.ts'
import type { EffectOutcome } from '../../src/runs/settle.ts'
import type { Store } from './store.ts'
import type { OpenBatch } from './world.ts'

/** An effect that a worker has leased. */
export interface Leased {
  run: LiveRun
  rev: number
  since: number
  /** it has left the house, and is to be answered */
  sentAt: number | null
}

export interface SimWorker {
  id: string
  time: DbTime
  open: OpenBatch | null
  outcomes: EffectOutcome[]
  leased: Leased[]
  frozen: boolean
}

/** A worker whose idea of the database's time is a few milliseconds off. */
export function newWorker(store: Store, skewMs: number): SimWorker {
  let skew = skewMs
  const now = () => store.nowMs + skew
  return {
    id: store.id(store.nowMs),
    time: {
      now,
      id: () => store.id(now()),
      measure: async () => {},
      atLeast: (ms) => {
        skew = Math.max(skew, ms - store.nowMs)
      },
    },
    open: null,
    outcomes: [],
    leased: [],
    frozen: false,
  }
}
