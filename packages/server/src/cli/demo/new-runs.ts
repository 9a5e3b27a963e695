import { setTimeout as delay } from 'node:timers/promises'
import { type Client, ENDED, getRunRoute, listRunsRoute, type Run } from '@kantos/model'

const LOOK_MS = 20
const PATIENCE_MS = 10_000

/**
 * Waits in the execution log until so many runs more have ended.
 *
 * @param told ids of the runs seen before; the new ones are added
 * @returns them whole, oldest first
 * @throws Error when they don't end within 10 s
 */
export async function newRuns(client: Client, told: Set<string>, count: number): Promise<Run[]> {
  const until = performance.now() + PATIENCE_MS
  while (performance.now() < until) {
    const { data } = await client.call(listRunsRoute, { query: { limit: 50 } })
    const ended = data.filter(({ id, status }) => !told.has(id) && ENDED.has(status))
    if (ended.length >= count) {
      for (const { id } of ended) told.add(id)
      return Promise.all(ended.toReversed().map(({ id }) => client.call(getRunRoute, { params: { id } })))
    }
    await delay(LOOK_MS)
  }
  throw new Error(`${count} runs should have ended within ${PATIENCE_MS / 1000} s, and have not.`)
}
