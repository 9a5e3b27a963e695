import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { findBinaries } from '../src/db/embedded/binaries.ts'
import { isAlive } from '../src/db/embedded/postmaster.ts'
import { startEmbedded } from '../src/db/embedded/start.ts'
import { stopPostgres } from '../src/db/embedded/stop.ts'
import { migrate } from '../src/db/migrate.ts'
import { createPool } from '../src/db/pool.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** superuser's URL, the plain role's URL, and the name of the migrated database to clone */
    postgres: { superuserUrl: string; url: string; template: string }
  }
}

const TEMPLATE = 'kantos_template'

/**
 * One PostgreSQL for the whole run, in a temporary folder: the same binaries and settings as the product's, fsync on.
 * Its template database is migrated once; each test file clones it (`test/database.ts`).
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const dataDir = await mkdtemp(join(tmpdir(), `kantos-test-${process.pid}-`))
  const teardown = async () => {
    try {
      await server?.stop()
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }
  let server: Awaited<ReturnType<typeof startEmbedded>> | undefined
  try {
    await chmod(dataDir, 0o711)
    server = await startEmbedded({ dataDir })
    await makeTemplate(server)
    project.provide('postgres', { superuserUrl: server.superuserUrl, url: server.url, template: TEMPLATE })
    return teardown
  } catch (error) {
    await teardown()
    throw error
  }
}

/** Servers and folders of runs that were killed. Their name holds the process that made them. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^kantos-(?:test|embedded)-(\d+)-/.exec(name)?.[1]
    if (!pid || isAlive(Number(pid))) continue
    const dataDir = join(tmpdir(), name)
    await stopPostgres(join(dataDir, 'pg18'), await findBinaries(dataDir)).catch(() => {})
    await rm(dataDir, { recursive: true, force: true }).catch(() => {})
  }
}

async function makeTemplate({ superuserUrl, url }: { superuserUrl: string; url: string }): Promise<void> {
  const superuser = new pg.Client(superuserUrl)
  await superuser.connect()
  try {
    await superuser.query(`create database ${TEMPLATE} owner kantos`)
    const pool = createPool(Object.assign(new URL(url), { pathname: TEMPLATE }).href, {
      max: 1,
      applicationName: 'kantos test setup',
    })
    try {
      await migrate(pool)
    } finally {
      await pool.end()
    }
    // Nobody may connect any more, so it can be cloned at any moment.
    await superuser.query(`alter database ${TEMPLATE} is_template true allow_connections false`)
  } finally {
    await superuser.end()
  }
}
