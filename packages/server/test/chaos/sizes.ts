import type { Kind } from './faults.ts'

export interface Size {
  /** faults of each kind */
  faults: Record<Kind, number>
  /** over about how long they are spread, ms */
  spreadMs: number
  eventsPerSecond: number
}

export const SIZES: Record<'small' | 'large', Size> = {
  small: {
    faults: { 'worker-kill': 24, 'api-kill': 4, postgres: 3, 'lost-commit': 8, freeze: 2, throw: 11 },
    spreadMs: 40_000,
    eventsPerSecond: 30,
  },
  large: {
    faults: { 'worker-kill': 500, 'api-kill': 100, postgres: 100, 'lost-commit': 200, freeze: 50, throw: 55 },
    spreadMs: 1_000_000,
    eventsPerSecond: 50,
  },
}
