import { watchHealth } from '../health/watch.ts'
import type { Services } from '../services.ts'
import type { Chore } from './boss.ts'

/** Every minute: counts, pauses what only fails, looks for what is silent, and tells people. */
export function healthChore(services: Services): Chore {
  return {
    name: 'health',
    cron: '* * * * *',
    run: (_data, signal) => watchHealth(services, { signal }),
  }
}
