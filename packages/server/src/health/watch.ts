import type { Services } from '../services.ts'
import { alertOfFailures } from './alert.ts'
import { countLog, watchNewWorkspaces } from './count.ts'
import { countFailures, readFailures } from './failures.ts'
import { pauseFailing } from './pause.ts'
import { sendAlerts } from './send.ts'
import { lookForSilence } from './watchdog.ts'

export interface WatchOptions {
  /** ends it early, between two steps */
  signal?: AbortSignal
  /** runs younger than this aren't counted yet; default 5,000 */
  lagMs?: number
  /** a workspace is looked at for silence this often; default 5 minutes */
  silenceEveryMs?: number
}

/** Then the next round goes on. */
const BUDGET_MS = 30_000

/**
 * A round of watching over all workspaces: counts what failed and what ran, deactivates what only fails, looks for what is
 * silent, and tells people. Each step takes rows under a lock and leaves them done, so two rounds at once, or one after a
 * crash, do nothing twice; a message alone may come twice, with the same id, when the process dies while sending it.
 *
 * Source: SPEC.md, section 9
 */
export async function watchHealth(services: Services, options: WatchOptions = {}): Promise<void> {
  const { signal, lagMs, silenceEveryMs } = options
  const { pool, log, wake } = services
  const until = performance.now() + BUDGET_MS
  const mayGoOn = () => signal?.aborted !== true && performance.now() < until
  await watchNewWorkspaces(pool)
  while (mayGoOn()) {
    const failures = await readFailures(pool)
    if (failures.length === 0) break
    const paused = await pauseFailing(services, failures)
    if (paused > 0) {
      log.warn({ paused }, 'automations that only fail were deactivated')
      wake()
    }
    await countFailures(pool, failures)
  }
  await alertOfFailures(services)
  // what is to be told comes before what may be long
  await sendAlerts(services, signal)
  const counted = await countLog(pool, mayGoOn, lagMs)
  // a silence is judged by counts that are complete
  while (counted && mayGoOn() && (await lookForSilence(services, silenceEveryMs))) {}
  await sendAlerts(services, signal)
}
