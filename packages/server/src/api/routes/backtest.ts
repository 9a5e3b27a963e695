import { ApiError, backtestRoute } from '@kantos/model'
import { automationUuid } from '../../automations/change.ts'
import { backtest } from '../../backtest/backtest.ts'
import { lineStream } from '../../backtest/stream.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

const BODY_LIMIT = 4 * 1024 * 1024
const MOST_OF_WORKSPACE = 2

/** `/automations/{id}/backtest`: two at a time for each workspace, since each reads much. */
export function backtestRoutes(api: Api, services: Services): void {
  const running = new Map<string, number>()
  api.handle(
    backtestRoute,
    async ({ params, body, principal, context }) => {
      const { workspaceId } = principal
      const count = (change: number) => running.set(workspaceId, (running.get(workspaceId) ?? 0) + change)
      if ((running.get(workspaceId) ?? 0) >= MOST_OF_WORKSPACE)
        throw new ApiError('RATE_LIMITED', 'Two backtests are running. Wait until one has ended.')
      count(1)
      let open = true
      const release = () => {
        if (open) count(-1)
        open = false
      }
      const stopping = new AbortController()
      const signal = AbortSignal.any([stopping.signal, context.request.signal])
      try {
        const lines = await backtest(services, principal, automationUuid(params.id), body, signal)
        const counted = ended(lines, release)
        const stream = lineStream(
          counted,
          () => {
            stopping.abort()
            // one that was never begun has no end to be told of
            release()
          },
          (error) => {
            services.log.error({ err: error }, 'a backtest failed')
            return 'It could not be finished. Try again, or with a shorter time.'
          },
        )
        return new Response(stream, {
          headers: { 'Content-Type': 'application/x-ndjson; charset=utf-8', 'Cache-Control': 'no-store' },
        })
      } catch (error) {
        release()
        throw error
      }
    },
    { bodyLimit: BODY_LIMIT },
  )
}

/** The same lines; `then` is called once, when they have ended in any way. */
async function* ended<T>(lines: AsyncGenerator<T>, then: () => void): AsyncGenerator<T> {
  try {
    yield* lines
  } finally {
    then()
  }
}
