import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { ApiError, listAutomationsRoute } from '@kantos/model'
import { call, onLoggedOut } from '../lib/client.ts'
import { objectsQuery } from '../lib/objects.ts'
import { queryClient } from '../lib/query-client.ts'
import { keys } from '../lib/query-keys.ts'
import { sessionQuery } from '../lib/session.ts'
import { Loading } from '../components/states.tsx'
import { Crash } from './crash.tsx'
import { Lost, NotFound } from './not-found.tsx'
import { type RouterContext, safePath } from './paths.ts'
import { Shell } from './shell.tsx'

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function automationFilter(search: Record<string, unknown>): {
  q?: string
  status?: 'active' | 'inactive'
  object?: string
} {
  const { status } = search
  return {
    q: text(search['q']),
    status: status === 'active' || status === 'inactive' ? status : undefined,
    object: text(search['object']),
  }
}

function recordView(search: Record<string, unknown>): { q?: string; sort?: string; filters?: string } {
  const { filters } = search
  return {
    q: text(search['q']),
    sort: text(search['sort']),
    filters: typeof filters === 'object' && filters !== null ? JSON.stringify(filters) : text(filters),
  }
}

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet, notFoundComponent: Lost })

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search): { to?: string } => (search['to'] === undefined ? {} : { to: safePath(search['to']) }),
  component: lazyRouteComponent(() => import('../features/session/login-page.tsx'), 'LoginPage'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search): { token: string } => ({ token: String(search['token'] ?? '') }),
  component: lazyRouteComponent(() => import('../features/session/setup-page.tsx'), 'SetupPage'),
})

/** Everything that needs a session. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'UNAUTHORIZED')
        throw redirect({ to: '/login', search: location.pathname === '/' ? {} : { to: location.href } })
      throw error
    }
  },
  loader: ({ context }) => context.queryClient.ensureQueryData(objectsQuery),
})
const under = { getParentRoute: () => shell }

const home = createRoute({
  ...under,
  path: '/',
  // where nothing is automated yet, there is nothing to overlook
  beforeLoad: async () => {
    const { pagination } = await call(listAutomationsRoute, { query: { per_page: 1 } })
    throw redirect({ to: pagination.total === 0 ? '/automations' : '/overview' })
  },
})
const overview = createRoute({
  ...under,
  path: '/overview',
  component: lazyRouteComponent(() => import('../features/overview/overview-page.tsx'), 'OverviewPage'),
})
const automations = createRoute({
  ...under,
  path: '/automations',
  validateSearch: automationFilter,
  component: lazyRouteComponent(() => import('../features/automations-list/automations-page.tsx'), 'AutomationsPage'),
})
const recipes = createRoute({
  ...under,
  path: '/automations/recipes',
  component: lazyRouteComponent(() => import('../features/recipes/recipes-page.tsx'), 'RecipesPage'),
})
const automation = createRoute({
  ...under,
  path: '/automations/$automationId',
  component: lazyRouteComponent(() => import('../features/builder/builder-page.tsx'), 'BuilderPage'),
})
const existing = createRoute({
  ...under,
  path: '/automations/$automationId/existing',
  component: lazyRouteComponent(() => import('../features/enlist/enlist-page.tsx'), 'EnlistPage'),
})
const runs = createRoute({
  ...under,
  path: '/runs',
  component: lazyRouteComponent(() => import('../features/runs/runs-page.tsx'), 'RunsPage'),
})
const waits = createRoute({
  ...under,
  path: '/runs/waiting',
  component: lazyRouteComponent(() => import('../features/runs/waits/waits-page.tsx'), 'WaitsPage'),
})
const failures = createRoute({
  ...under,
  path: '/runs/failures',
  component: lazyRouteComponent(() => import('../features/runs/failures/failures-page.tsx'), 'FailuresPage'),
})
const run = createRoute({
  ...under,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('../features/runs/run-page.tsx'), 'RunPage'),
})
const records = createRoute({
  ...under,
  path: '/objects/$slug',
  validateSearch: recordView,
  component: lazyRouteComponent(() => import('../features/records/records-page.tsx'), 'RecordsPage'),
})
const importRecords = createRoute({
  ...under,
  path: '/objects/$slug/import',
  // an import that was begun; its progress is found again
  validateSearch: (search): { import?: string } =>
    typeof search['import'] === 'string' ? { import: search['import'] } : {},
  component: lazyRouteComponent(() => import('../features/records/import/import-page.tsx'), 'ImportPage'),
})
const record = createRoute({
  ...under,
  path: '/records/$recordId',
  component: lazyRouteComponent(() => import('../features/records/record-page.tsx'), 'RecordPage'),
})
const templates = createRoute({
  ...under,
  path: '/templates',
  component: lazyRouteComponent(() => import('../features/templates/templates-page.tsx'), 'TemplatesPage'),
})
const template = createRoute({
  ...under,
  path: '/templates/$templateId',
  component: lazyRouteComponent(() => import('../features/templates/template-page.tsx'), 'TemplatePage'),
})
const outbox = createRoute({
  ...under,
  path: '/outbox',
  validateSearch: (search): { mail?: string } => (typeof search['mail'] === 'string' ? { mail: search['mail'] } : {}),
  component: lazyRouteComponent(() => import('../features/outbox/outbox-page.tsx'), 'OutboxPage'),
})
const settings = createRoute({
  ...under,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/$section', params: { section: 'objects' } })
  },
})
const settingsSection = createRoute({
  ...under,
  path: '/settings/$section',
  validateSearch: (search): { object?: string } =>
    typeof search['object'] === 'string' ? { object: search['object'] } : {},
  component: lazyRouteComponent(() => import('../features/settings/settings-page.tsx'), 'SettingsPage'),
})

const pages = [
  home,
  overview,
  automations,
  recipes,
  automation,
  existing,
  runs,
  waits,
  failures,
  run,
  records,
  importRecords,
  record,
  templates,
  template,
  outbox,
  settings,
  settingsSection,
]

export const router = createRouter({
  routeTree: root.addChildren([login, setup, shell.addChildren(pages)]),
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 300,
  defaultPendingComponent: Loading,
  defaultErrorComponent: Crash,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
})

onLoggedOut(() => {
  const { pathname, href } = router.state.location
  if (pathname === '/login' || pathname === '/setup') return
  queryClient.removeQueries({ queryKey: keys.session })
  void router.navigate({ to: '/login', search: pathname === '/' ? {} : { to: href } })
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
