import {
  ApiError,
  type AutomationAnswer,
  type BacktestInput,
  type BacktestLine,
  backtestRoute,
  createAutomationRoute,
  type DryRun,
  type DryRunInput,
  dryRunAutomationRoute,
  dryRunDraftRoute,
  getAutomationRoute,
  listAutomationsRoute,
  listEmailTemplatesRoute,
  listSecrets,
  updateAutomationRoute,
  type WaitingRuns,
} from '@kantos/model'
import { queryOptions } from '@tanstack/react-query'
import { call, request } from '../../lib/client.ts'
import { jsonLines } from '../../lib/json-lines.ts'
import { keys } from '../../lib/query-keys.ts'

/** One automation, as it is saved. */
export const automationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.automation(id),
    queryFn: ({ signal }) => call(getAutomationRoute, { params: { id } }, { signal }),
    refetchOnWindowFocus: false,
  })

const PAGE = 100
const MOST_PAGES = 20

/** All e-mail templates. */
export const allTemplatesQuery = queryOptions({
  queryKey: keys.templates('all'),
  queryFn: async ({ signal }) => {
    const read = (page: number) => call(listEmailTemplatesRoute, { query: { page, per_page: PAGE } }, { signal })
    const first = await read(1)
    const pages = Math.min(first.pagination.total_pages, MOST_PAGES)
    const rest = await Promise.all(Array.from({ length: Math.max(0, pages - 1) }, (_, index) => read(index + 2)))
    return [first, ...rest].flatMap(({ data }) => data)
  },
})

/** Names of the secrets; none for those who may not read them. */
export const secretNamesQuery = queryOptions({
  queryKey: [...keys.secrets, 'names'],
  queryFn: async ({ signal }) => (await call(listSecrets, undefined, { signal })).data.map(({ name }) => name),
  retry: false,
})

/** The other automations that are active, for loop warnings; the newest hundred. */
export const activeAutomationsQuery = queryOptions({
  queryKey: keys.automations({ status: 'active', for: 'loops' }),
  queryFn: async ({ signal }) =>
    (await call(listAutomationsRoute, { query: { status: 'active', per_page: PAGE } }, { signal })).data,
  staleTime: 60_000,
})

/**
 * Saves a new automation, or a version of one.
 *
 * @param waiting what becomes of the runs that wait on older versions
 * @throws ApiError VALIDATION_ERROR with problems, CONFLICT when somebody was faster
 */
export function saveAutomation(
  id: string | null,
  body: Record<string, unknown>,
  waiting: WaitingRuns,
): Promise<AutomationAnswer> {
  if (id === null) return call(createAutomationRoute, { body })
  return call(updateAutomationRoute, { params: { id }, query: { waiting_runs: waiting }, body })
}

/** Tries a draft: nothing is written or sent. @param id of the saved automation whose draft it is, null for a new one */
export function tryAutomation(id: string | null, body: DryRunInput): Promise<DryRun> {
  return id === null ? call(dryRunDraftRoute, { body }) : call(dryRunAutomationRoute, { params: { id }, body })
}

/**
 * What an automation would have done with the events of the past; nothing is written or sent.
 *
 * @param id of the saved automation; `body.automation`: an edited draft of it
 * @throws ApiError, also when it broke off; what an aborted request throws
 */
export async function* lookBack(id: string, body: BacktestInput, signal: AbortSignal): AsyncGenerator<BacktestLine> {
  const response = await request(backtestRoute, { params: { id }, body }, { signal })
  let isWhole = false
  for await (const line of jsonLines<BacktestLine>(response.body!)) {
    if (line.type === 'error') throw new ApiError('UNAVAILABLE', line.message)
    isWhole ||= line.type === 'result'
    yield line
  }
  if (!isWhole) throw new ApiError('UNAVAILABLE', 'The answer broke off. Try again.')
}
