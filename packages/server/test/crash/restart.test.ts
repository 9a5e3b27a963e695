import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { readPostmaster } from '../../src/db/embedded/postmaster.ts'
import { type Embedded, startEmbedded } from '../../src/db/embedded/start.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { Presence } from '../../src/runs/presence.ts'
import { until } from '../helpers.ts'

let dataDir: string
let server: Embedded
let pool: Pool
let fresh: Presence | null = null
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), `kantos-test-${process.pid}-`))
  await chmod(dataDir, 0o711)
  server = await startEmbedded({ dataDir })
  pool = createPool(server.url, { max: 5, applicationName: 'kantos test', worker: true })
  await migrate(pool)
})
afterAll(async () => {
  await pool.end()
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})
beforeEach(() => pool.query('delete from workers'))
afterEach(async () => {
  await fresh?.leave()
  fresh = null
})

/** A process that wasn't there before. */
async function joined(): Promise<Presence> {
  fresh = new Presence(pool, pino({ level: 'silent' }), () => {})
  await fresh.join()
  return fresh
}

/** A worker that beat so long ago, and whose lock is free. */
async function lockless(beatenSecondsAgo: number, name = 'elsewhere:1'): Promise<string> {
  const id = randomUUID()
  await pool.query(
    `insert into workers (id, name, lock_key, beat_at, claimed_seqs) values ($1, $3, 1, clock_timestamp() - make_interval(secs => $2), '{7}')`,
    [id, beatenSecondsAgo, name],
  )
  return id
}

const beats = (id: string) => pool.query('update workers set beat_at = clock_timestamp() where id = $1', [id])
const isThere = async (id: string) => (await pool.query('select 1 from workers where id = $1', [id])).rowCount === 1
const postmaster = async () => (await readPostmaster(join(dataDir, 'pg18')))!

/** Answers again, in a life that began after the one before. */
async function isBackFrom(interrupt: () => Promise<unknown>): Promise<void> {
  const client = await pool.connect()
  const gone = new Promise<void>((resolve) => client.on('end', resolve))
  await interrupt()
  await gone
  client.release(true)
  await until(() => pool.query('select 1'))
}

const INTERRUPTIONS = {
  'was stopped at once': async () => process.kill((await postmaster()).pid, 'SIGQUIT'),
  'was stopped in good order': async () => process.kill((await postmaster()).pid, 'SIGINT'),
  'began anew because a backend died': async () => {
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
    process.kill(rows[0]!.pid, 'SIGKILL')
  },
}

for (const [what, interrupt] of Object.entries(INTERRUPTIONS))
  test(`a worker that is started when PostgreSQL ${what} leaves the others time to come back`, async () => {
    const { pid } = await postmaster()
    const other = await lockless(2)
    const longAway = await lockless(20)
    await isBackFrom(interrupt)
    expect((await postmaster()).pid === pid).toBe(what.includes('backend'))
    const presence = await joined()
    await presence.beat()
    await presence.claimed({}, [7], [])
    expect([await isThere(other), await isThere(longAway)]).toEqual([true, true])
    // it was back, and died then
    await beats(other)
    await expect(presence.claimed({}, [7], [])).rejects.toMatchObject({ workerIds: [other] })
    await presence.beat()
    expect([await isThere(other), await isThere(longAway)]).toEqual([false, true])
  })

test('who died on this machine while PostgreSQL was away is known to be dead at once, and who lives isn’t', async () => {
  const present = new Presence(pool, pino({ level: 'silent' }), () => {})
  await present.join()
  const died = spawn('true')
  await once(died, 'exit')
  const gone = await lockless(2, `${hostname()}:${died.pid}`)
  // as in a container that starts anew
  const hadOurNumber = await lockless(2, `${hostname()}:${process.pid}`)
  const living = await lockless(2, `${hostname()}:${process.ppid}`)
  await isBackFrom(INTERRUPTIONS['was stopped at once'])
  const presence = await joined()
  await presence.beat()
  expect([await isThere(gone), await isThere(hadOurNumber)]).toEqual([false, false])
  expect([await isThere(living), await isThere(present.id)]).toEqual([true, true])
  await present.leave()
})

test('who doesn’t come back within fifteen seconds of PostgreSQL’s start is dead', async () => {
  const other = await lockless(10)
  await isBackFrom(INTERRUPTIONS['was stopped at once'])
  const backAt = performance.now()
  const presence = await joined()
  await until(async () => {
    await presence.beat()
    await delay(100)
    return !(await isThere(other))
  })
  expect(performance.now() - backAt).toBeGreaterThan(10_000)
})
