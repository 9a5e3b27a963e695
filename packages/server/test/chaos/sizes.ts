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
    faults: { 'worker-kill': 18, 'api-kill': 3, postgres: 3, 'lost-commit': 6, connection: 12, freeze: 2, throw: 15 },
    spreadMs: 30_000,
    eventsPerSecond: 20,
  },
  large: {
    faults: {
      'worker-kill': 500,
      'api-kill': 100,
      postgres: 100,
      'lost-commit': 200,
      connection: 204,
      freeze: 50,
      throw: 60,
    },
    spreadMs: 1_000_000,
    eventsPerSecond: 50,
  },
}
