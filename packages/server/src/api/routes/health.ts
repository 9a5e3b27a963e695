import { readdirSync } from 'node:fs'
import type { Hono } from 'hono'
import { MIGRATIONS_FOLDER } from '../../db/migrate.ts'
import type { Services } from '../../services.ts'
import type { DiskWatch } from '../disk.ts'
import { API_HEADERS } from '../headers.ts'

type Check = { ok: true } | { ok: false; why: string }

/**
 * Health, for the inside network, without a key: `/healthz` says that the process answers, `/readyz` that it can work,
 * `/metrics` what Prometheus reads.
 *
 * Source: SPEC.md, section 12
 */
export function healthRoutes(hono: Hono, services: Services, disk: DiskWatch): void {
  const json = (status: number, body: object) => Response.json(body, { status, headers: API_HEADERS })
  const migrations = readdirSync(MIGRATIONS_FOLDER).filter((name) => name.endsWith('.sql')).length

  hono.get('/healthz', () => json(200, { status: 'ok' }))
  hono.get('/readyz', async () => {
    const checks = { database: await checkDatabase(services, migrations), disk: await checkDisk(disk) }
    const ready = checks.database.ok && checks.disk.ok
    return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks })
  })
  hono.get('/metrics', async () => {
    const headers = { ...API_HEADERS, 'Content-Type': services.metrics.contentType }
    return new Response(await services.metrics.metrics(), { headers })
  })
}

async function checkDatabase({ pool }: Services, migrations: number): Promise<Check> {
  try {
    const { rows } = await pool.query<{ applied: number }>('select count(*)::int as applied from migrations')
    const { applied } = rows[0]!
    if (applied === migrations) return { ok: true }
    return { ok: false, why: `${applied} of ${migrations} migrations are applied; run kantos migrate` }
  } catch {
    return { ok: false, why: 'the database does not answer' }
  }
}

async function checkDisk(disk: DiskWatch): Promise<Check> {
  try {
    return (await disk.look()) ? { ok: false, why: 'less than 256 MB are free in the data folder' } : { ok: true }
  } catch {
    return { ok: false, why: 'the data folder can’t be read' }
  }
}
