import type { Hono } from 'hono'
import { type AppliedMigration, type Migration, readMigrations } from '../../db/migrate.ts'
import { query } from '../../db/pool.ts'
import type { Services } from '../../services.ts'
import type { DiskWatch } from '../disk.ts'
import { API_HEADERS } from '../headers.ts'

type Check = { ok: true } | { ok: false; why: string }

/** What the process knows about itself. */
export interface ProcessHealth {
  /** the room left in the data folder */
  disk: DiskWatch
  /** when the worker's relay last got an answer, as `performance.now()`; null: it pauses; undefined: no worker here */
  relayLookedAt?: () => number | null | undefined
}

const RELAY_SILENT_MS = 30_000
const ANSWER_MS = 2_000

/**
 * Health, for the inside network, without a key: `/healthz` says that the process answers, `/readyz` that it can work, and
 * if not, why; `/metrics` what Prometheus reads.
 *
 * Source: SPEC.md, section 12
 */
export function healthRoutes(hono: Hono, services: Services, health: ProcessHealth): void {
  const json = (status: number, body: object) => Response.json(body, { status, headers: API_HEADERS })

  hono.get('/healthz', () => json(200, { status: 'ok' }))
  hono.get('/readyz', async () => {
    const relay = checkRelay(health)
    const checks: Record<string, Check> = {
      ...(await checkDatabase(services)),
      disk: await checkDisk(health.disk),
      ...(relay === null ? {} : { relay }),
      process:
        services.stopping?.aborted === true
          ? { ok: false, why: 'it is stopping, and takes nothing new' }
          : { ok: true },
    }
    const ready = Object.values(checks).every(({ ok }) => ok)
    return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks })
  })
  hono.get('/metrics', async () => {
    const headers = { ...API_HEADERS, 'Content-Type': services.metrics.contentType }
    return new Response(await services.metrics.metrics(), { headers })
  })
}

const SILENT: Check = { ok: false, why: 'the database does not answer' }

async function checkDatabase({ pool }: Services): Promise<{ database: Check; migrations?: Check }> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ANSWER_MS)
  })
  const asked = Promise.all([
    query<{ readOnly: boolean }>(pool, {
      text: `select pg_is_in_recovery() or current_setting('transaction_read_only')::bool as "readOnly"`,
    }),
    query<AppliedMigration>(pool, { text: 'select name, checksum from migrations order by id' }),
  ]).catch(() => null)
  const answers = await Promise.race([asked, late]).finally(() => clearTimeout(timer))
  if (answers === null) return { database: SILENT }
  const [state, applied] = answers
  return {
    database: state.rows[0]!.readOnly
      ? { ok: false, why: 'the database only reads: it is a standby, or was set read-only' }
      : { ok: true },
    migrations: await checkMigrations(applied.rows),
  }
}

let ours: Promise<Migration[]> | null = null

async function checkMigrations(applied: readonly AppliedMigration[]): Promise<Check> {
  ours ??= readMigrations()
  const own = await ours
  const is = (one: AppliedMigration) => (other: AppliedMigration) =>
    one.name === other.name && one.checksum === other.checksum
  const unknown = applied.filter((one) => !own.some(is(one))).map(({ name }) => name)
  const pending = own.filter((one) => !applied.some(is(one))).map(({ name }) => name)
  if (unknown.length > 0)
    return { ok: false, why: `the database is newer than this program: it has ${unknown.join(', ')}` }
  return pending.length === 0
    ? { ok: true }
    : { ok: false, why: `${pending.join(', ')} is not applied; run kantos migrate` }
}

async function checkDisk(disk: DiskWatch): Promise<Check> {
  try {
    return (await disk.look()) ? { ok: false, why: 'less than 256 MB are free in the data folder' } : { ok: true }
  } catch {
    return { ok: false, why: 'the data folder can’t be read' }
  }
}

/** Null: this process has no worker. */
function checkRelay({ relayLookedAt }: ProcessHealth): Check | null {
  const at = relayLookedAt?.()
  if (at === undefined) return null
  if (at === null) return { ok: false, why: 'the worker pauses until there is room on the disk' }
  const silentMs = performance.now() - at
  if (silentMs <= RELAY_SILENT_MS) return { ok: true }
  return { ok: false, why: `no batch has got through for ${Math.round(silentMs / 1000)} s` }
}
