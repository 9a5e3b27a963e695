import {
  activateAutomationRoute,
  type AutomationListItem,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  duplicateAutomationRoute,
  listAutomationsRoute,
  setAutomationModeRoute,
} from '@kantos/model'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'

/** What of the automations is listed. */
export interface AutomationFilter {
  q?: string
  status?: 'active' | 'inactive'
  object?: string
}

const PAGE = 100

/** The automations, page by page. */
export function automationsQuery(filter: AutomationFilter) {
  return infiniteQueryOptions({
    queryKey: [...keys.automations(), filter] as const,
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) =>
      call(listAutomationsRoute, { query: { ...filter, page: pageParam, per_page: PAGE } }, { signal }),
    getNextPageParam: ({ pagination }) => (pagination.page < pagination.total_pages ? pagination.page + 1 : undefined),
  })
}

/** Turns an automation on or off. */
export function setActive(id: string, active: boolean) {
  return call(active ? activateAutomationRoute : deactivateAutomationRoute, { params: { id } })
}

/** Switches between live and test mode. */
export function setMode(id: string, mode: AutomationListItem['mode']) {
  return call(setAutomationModeRoute, { params: { id }, body: { mode } })
}

/** Copies an automation; the copy is turned off. */
export function duplicate(id: string) {
  return call(duplicateAutomationRoute, { params: { id } })
}

/** Deletes an automation. */
export function remove(id: string) {
  return call(deleteAutomationRoute, { params: { id } })
}
