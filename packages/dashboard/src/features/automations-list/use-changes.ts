import type { AutomationListItem, Pagination } from '@kantos/model'
import { type InfiniteData, useMutation, useQueryClient } from '@tanstack/react-query'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { automationStrings as words } from '../../strings/automations.ts'
import { duplicate, remove, setActive, setMode } from './api.ts'

type Pages = InfiniteData<{ data: AutomationListItem[]; pagination: Pagination }>

const isPages = (data: unknown): data is Pages => typeof data === 'object' && data !== null && 'pages' in data

/** Changes one automation in every list that is in memory, before the server has answered. */
function usePatch() {
  const queryClient = useQueryClient()
  return (id: string, change: Partial<AutomationListItem>) =>
    queryClient.setQueriesData<Pages>({ queryKey: keys.automations() }, (pages) => {
      // the overview keeps there whether there are any
      if (!isPages(pages)) return pages
      return {
        ...pages,
        pages: pages.pages.map((page) => ({
          ...page,
          data: page.data.map((one) => (one.id === id ? { ...one, ...change } : one)),
        })),
      }
    })
}

function useRefresh() {
  const queryClient = useQueryClient()
  return (id?: string) => {
    void queryClient.invalidateQueries({ queryKey: keys.automations() })
    void queryClient.invalidateQueries({ queryKey: keys.overview })
    if (id !== undefined) void queryClient.invalidateQueries({ queryKey: keys.automation(id) })
  }
}

/** Turns an automation on or off; the switch moves at once, and back if the server refuses. */
export function useToggle() {
  const patch = usePatch()
  const refresh = useRefresh()
  return useMutation({
    mutationFn: ({ id, active }: { id: string; active: boolean }) => setActive(id, active),
    onMutate: ({ id, active }) => {
      patch(id, { status: active ? 'active' : 'inactive' })
    },
    onError: (error, { id, active }) => {
      patch(id, { status: active ? 'inactive' : 'active' })
      notifyError(error)
    },
    onSettled: (_data, _error, { id }) => refresh(id),
  })
}

/** Switches between live and test mode. */
export function useMode() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: ({ id, mode }: { id: string; mode: AutomationListItem['mode'] }) => setMode(id, mode),
    onError: notifyError,
    onSettled: (_data, _error, { id }) => refresh(id),
  })
}

/** Copies an automation. */
export function useDuplicate() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: ({ id }: { id: string }) => duplicate(id),
    onSuccess: ({ name }) => notifyDone(words.duplicated(name)),
    onError: notifyError,
    onSettled: () => refresh(),
  })
}

/** Deletes an automation. */
export function useDelete() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: ({ id }: { id: string; name: string }) => remove(id),
    onSuccess: (_, { name }) => notifyDone(words.deleted(name)),
    onError: notifyError,
    onSettled: () => refresh(),
  })
}
