import { Hono, type MiddlewareHandler } from 'hono'
import { Histogram } from 'prom-client'
import { createOutageLog } from '../db/outage-log.ts'
import { insideWalls } from '../db/walls.ts'
import type { Services } from '../services.ts'
import { createAuthenticator } from './auth.ts'
import { createClientAddress, networkOf } from './client-address.ts'
import { dispatch, type Frame, rateHeaders } from './dispatch.ts'
import { type DiskWatch, watchDisk } from './disk.ts'
import { docsRoutes } from './docs.ts'
import { bySpecificity, createApi, type Endpoint, shapeOf } from './implement.ts'
import { apiHeaders, isSecure, STRICT_TRANSPORT } from './headers.ts'
import { pathToLog } from './path-to-log.ts'
import { createRateLimit } from './rate-limit.ts'
import { healthRoutes, type ProcessHealth } from './routes/health.ts'
import { registerRoutes } from './routes/index.ts'
import { createSessionCookie } from './session-cookie.ts'
import { DASHBOARD_FOLDER, staticFiles } from './static.ts'

export interface AppOptions {
  /** the built dashboard; by default `packages/dashboard/dist` */
  dashboardFolder?: string
  /** the room left in the data folder */
  disk?: DiskWatch
  /** when the worker of this process last got an answer */
  relayLookedAt?: ProcessHealth['relayLookedAt']
}

export interface App {
  /** for `@hono/node-server`, and `hono.request()` in tests */
  readonly hono: Hono
  readonly endpoints: readonly Endpoint[]
}

const HEALTH = ['/healthz', '/readyz', '/metrics']
const DOCUMENTS = ['/api/openapi.json', '/api/docs', '/api/docs/*', '/api/schemas/*']
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/**
 * The whole HTTP side: the API below /api, its documents, health, and the dashboard's files.
 *
 * Source: SPEC.md, sections 12 and 14
 */
export function createApp(given: Services, options: AppOptions = {}): App {
  const services: Services = Object.create(given, { pool: { value: insideWalls(given.pool) } })
  const hono = new Hono()
  const api = createApi()
  const authenticator = createAuthenticator(services.pool, createSessionCookie(services.config.publicUrl))
  registerRoutes(api, services, authenticator)
  const disk = options.disk ?? watchDisk(services.config.dataDir)
  const frame: Frame = {
    services,
    authenticator,
    rateLimit: createRateLimit(services.config.rateLimitPerMinute),
    clientAddress: createClientAddress(services.config.trustedProxies, (address) =>
      services.log.warn(
        { address },
        'X-Forwarded-For of this address is not believed, so its callers count as one; if it is your proxy, name it in TRUSTED_PROXIES',
      ),
    ),
    headers: apiHeaders(services.config.publicUrl),
    durations: histogram(services),
    refused: createOutageLog(services.log),
    // a database elsewhere minds its own disk
    isFull: services.config.databaseUrl === null ? disk.isFull : () => false,
  }

  const outside = isSecure(services.config.publicUrl) ? strictTransport : null
  if (outside !== null) for (const path of [...HEALTH, ...DOCUMENTS]) hono.use(path, outside)
  healthRoutes(hono, services, { disk, relayLookedAt: options.relayLookedAt })
  for (const path of DOCUMENTS) hono.get(path, rated(frame))
  docsRoutes(hono, api)
  for (const endpoint of api.endpoints.toSorted(bySpecificity))
    hono.on(endpoint.route.method.toUpperCase(), endpoint.pattern, (c) => dispatch(frame, endpoint, c))
  for (const [pattern, allow] of methodsByPattern(api.endpoints))
    hono.all(pattern, (c) => dispatch(frame, null, c, allow))
  hono.all('/api', (c) => dispatch(frame, null, c))
  hono.all('/api/*', (c) => dispatch(frame, null, c))
  if (outside !== null) hono.get('*', outside)
  hono.get('*', staticFiles(options.dashboardFolder ?? DASHBOARD_FOLDER))
  hono.notFound((c) => dispatch(frame, null, c))
  hono.onError((error, c) => {
    services.log.error(
      { method: c.req.method, path: pathToLog(c.req.path), err: error },
      'a request failed outside the API',
    )
    return c.text('Something went wrong on our side.', 500, frame.headers)
  })
  return { hono, endpoints: api.endpoints }
}

/** Health alone, for a process without an API. */
export function createHealthApp(services: Services, health: ProcessHealth): App {
  const hono = new Hono()
  healthRoutes(hono, services, health)
  return { hono, endpoints: [] }
}

/** Patterns with what may be asked of them, the more particular first. */
function methodsByPattern(endpoints: readonly Endpoint[]): [pattern: string, allow: string[]][] {
  const groups = Map.groupBy(endpoints.toSorted(bySpecificity), ({ route }) => shapeOf(route.path))
  return [...groups.values()].map((group) => {
    const methods = group.map(({ route }) => route.method.toUpperCase())
    return [group[0]!.pattern, [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].toSorted()]
  })
}

/** For answers that `dispatch` doesn't make: behind TLS browsers are told to come by TLS alone from now on. */
const strictTransport: MiddlewareHandler = async (c, next) => {
  await next()
  c.res.headers.set('Strict-Transport-Security', STRICT_TRANSPORT)
}

/** The documents are part of the API: they are counted too, and say so. */
function rated({ rateLimit, clientAddress }: Frame): MiddlewareHandler {
  return async (c, next) => {
    const rate = await rateLimit.count(networkOf(clientAddress(c)))
    await next()
    for (const [name, value] of Object.entries(rateHeaders(rate))) c.res.headers.set(name, value)
  }
}

function histogram({ metrics }: Services): Frame['durations'] {
  const name = 'kantos_http_request_duration_seconds'
  return (
    (metrics.getSingleMetric(name) as Frame['durations'] | undefined) ??
    new Histogram({
      name,
      help: 'Time from a request of the API to its answer',
      labelNames: ['route', 'method', 'status'],
      buckets: DURATIONS,
      registers: [metrics],
    })
  )
}
