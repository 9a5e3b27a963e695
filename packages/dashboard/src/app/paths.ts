import type { QueryClient } from '@tanstack/react-query'

/** What every route can use while it loads. */
export interface RouterContext {
  queryClient: QueryClient
}

/** A path of this dashboard, to go back to after a login; anything else is refused, so that no link leads away. */
export function safePath(path: unknown): string {
  return typeof path === 'string' && /^\/(?![/\\])/.test(path) ? path : '/automations'
}
