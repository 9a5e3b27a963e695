import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, open, readFile, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@kantos/model'
import pg from 'pg'
import { freePort, lastPort } from '../../src/db/embedded/postmaster.ts'
import { activate, probes } from './automations.ts'
import { check } from './check.ts'
import { persist, ROOT } from './installation.ts'
import { startLedger } from './ledger.ts'
import { startLoad } from './load.ts'
import { startMember } from './member.ts'
import type { PartReport } from './part.ts'
import { waitForQuiet } from './quiet.ts'

const DISK_MB = 900
const EVENTS_PER_SECOND = 20
const MB = 1024 * 1024
/** Kantos refuses writes below 256 MB */
const ALMOST_FULL_MB = 200
const WORKS_MS = 8_000
const FULL_MS = 12_000
const RECOVERS_MS = 60_000

/**
 * `npm start` on a small file system of its own that fills up under load: almost, then to the last byte, then there is room again. Writes must
 * be refused with 503, nothing acknowledged may be lost, and all must go on by itself.
 */
export async function diskFull(say: (line: string) => void): Promise<PartReport> {
  const folder = await mkdtemp(join(tmpdir(), `kantos-test-${process.pid}-`))
  await chmod(folder, 0o711)
  const disk = join(folder, 'disk')
  await mkdir(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=0711`, 'tmpfs', disk], { stdio: 'pipe' })
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    return { skipped: `a small file system can't be mounted here: ${(error as Error).message.split('\n')[0]}` }
  }
  const closing: (() => unknown)[] = []
  try {
    return await fillUp(folder, disk, say, closing)
  } finally {
    for (const close of closing.toReversed()) await close()
    // PostgreSQL may take a moment to let go of it
    await persist(async () => void execFileSync('umount', [disk], { stdio: 'pipe' }), 10_000, 200)
    await rm(folder, { recursive: true, force: true })
  }
}

async function fillUp(
  folder: string,
  disk: string,
  say: (line: string) => void,
  closing: (() => unknown)[],
): Promise<PartReport> {
  const ledger = await startLedger(join(folder, 'ledger.ndjson'))
  closing.push(() => ledger.close())
  const port = await freePort(null)
  const apiUrl = `http://127.0.0.1:${port}`
  const key = `kantos_${randomBytes(24).toString('base64url')}`
  const env = {
    DATA_DIR: disk,
    EGRESS_ALLOW: '127.0.0.1',
    KANTOS_API_KEY: key,
    LOG_LEVEL: 'warn',
    MAIL_FROM: 'Kantos <automations@chaos.test>',
    PORT: String(port),
    RATE_LIMIT_PER_MINUTE: '100000000',
    SMTP_URL: `smtp://127.0.0.1:${ledger.smtpPort}`,
  }
  const member = await startMember(ROOT, 'all', env, join(folder, 'all.log'))
  closing.push(async () => {
    member.signal('SIGTERM')
    await member.exited
  })
  const passwords = JSON.parse(await readFile(join(disk, 'pg18/kantos-passwords.json'), 'utf8')) as { postgres: string }
  const db = new pg.Pool({
    host: '127.0.0.1',
    port: (await lastPort(join(disk, 'pg18')))!,
    user: 'postgres',
    password: passwords.postgres,
    database: 'kantos',
    max: 2,
  })
  db.on('error', () => {})
  closing.push(() => db.end())
  await db.query('create table chaos_ticks (at timestamptz)')
  const client = createClient({ baseUrl: apiUrl, apiKey: key })
  const receiverUrl = `http://127.0.0.1:${ledger.httpPort}/`
  const active = await activate({ client, receiverUrl, apiUrl })
  const load = startLoad({ client, db }, active, EVENTS_PER_SECOND)
  const served = () => load.told.answers.get(200) ?? 0
  const refused = () => load.told.answers.get(503) ?? 0
  await delay(WORKS_MS)

  const ballast = join(disk, 'ballast')
  const file = await open(ballast, 'w')
  const { bavail, bsize } = await statfs(disk)
  say(`the disk fills up: ${Math.round((bavail * bsize) / MB)} MB are free`)
  await write(file, bavail * bsize - ALMOST_FULL_MB * MB)
  await delay(FULL_MS)
  const refusedAlmostFull = refused()
  const servedAlmostFull = served()
  say(`almost full: ${refusedAlmostFull} refused`)
  await write(file, Number.POSITIVE_INFINITY)
  await delay(FULL_MS)
  const servedFull = served() - servedAlmostFull
  await file.close()
  await rm(ballast)
  say('there is room again')
  const began = performance.now()
  const before = served()
  while (served() < before + 20 && performance.now() - began < RECOVERS_MS) await delay(100)
  const recoveredMs = performance.now() - began
  await delay(WORKS_MS)
  await load.stop()
  const quiet = await waitForQuiet(db)
  const { violations, figures } = await check({
    db,
    active,
    probes: probes(receiverUrl),
    told: load.told,
    receipts: ledger.receipts,
    happened: [],
    leases: null,
  })
  const expected = [
    ...(refusedAlmostFull === 0 ? [{ what: 'idle', detail: 'nobody was refused while the disk was almost full' }] : []),
    ...(recoveredMs >= RECOVERS_MS
      ? [{ what: 'stuck', detail: 'a minute after there was room again, clients weren’t served' }]
      : []),
    ...(member.alive() ? [] : [{ what: 'stuck', detail: 'the process ended when the disk was full' }]),
  ]
  return {
    violations: [...quiet.violations, ...expected, ...violations],
    rows: [
      ['disk full: refused with 503', refused()],
      ['  served while no byte was free', servedFull],
      ['  served again after', `${(recoveredMs / 1000).toFixed(1)} s`],
      ['  runs, that did what they should', `${figures.runs}, ${figures.succeeded}`],
    ],
  }
}

/** Fills a file with so many bytes, or until there is no room. */
async function write(file: Awaited<ReturnType<typeof open>>, bytes: number): Promise<void> {
  const block = Buffer.alloc(MB, 'x')
  for (let left = bytes; left > 0; left -= block.length) {
    try {
      await file.write(block, 0, Math.min(left, block.length))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}
