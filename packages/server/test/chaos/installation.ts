import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Client, createClient } from '@kantos/model'
import pg from 'pg'
import { freePort } from '../../src/db/embedded/postmaster.ts'
import { type Embedded, startEmbedded } from '../../src/db/embedded/start.ts'
import type { FailpointSettings } from '../../src/failpoints.ts'
import { type Ledger, startLedger } from './ledger.ts'
import { type Member, startMember } from './member.ts'
import { type CommitSeen, type Harming, judgePostgres } from './postgres-judge.ts'
import { type Harm, type Judge, type Proxy, startProxy } from './proxy.ts'
import type { Random } from './random.ts'

export const ROOT = join(import.meta.dirname, '../../../..')

/** The times of a worker that the rig shortens, so that a frozen one is replaced in seconds. */
export const SHORT_TIMES = { leaseMs: 4_000, beatMs: 1_000, silentMs: 4_000, keyDeadMs: 3_000 }

export interface InstallationOptions {
  random: Random
  /** of the workers; `{}` leaves them as they are in production */
  times: Omit<FailpointSettings, 'log'>
  /** harms connections to the receivers too */
  network: boolean
}

/** A PostgreSQL, the outside, and proxies in front of all of it; processes come and go. */
export interface Installation {
  folder: string
  embedded: Embedded
  /** as the superuser, past the proxy */
  db: pg.Pool
  ledger: Ledger
  proxies: { postgres: Proxy; http: Proxy; smtp: Proxy }
  apiUrl: string
  client: Client
  /** where the receiver of webhooks is reached, through its proxy */
  receiverUrl: string
  /** commits whose answers are still to be lost, and those that were */
  losing: { wanted: number; lost: number; application: string }
  /** what connections to PostgreSQL are still to suffer */
  harming: Harming
  start(role: Member['role'], options?: { root?: string }): Promise<Member>
  /** the lines that failpoints wrote as they fired: `<failpoint> <action> <pid>` */
  fired(): Promise<string[]>
  close(): Promise<void>
}

/** Everything but the product's own processes, in a temporary folder. */
export async function createInstallation({ random, times, network }: InstallationOptions): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), `kantos-test-${process.pid}-`))
  // PostgreSQL may run as another user
  await chmod(folder, 0o711)
  const firedFile = join(folder, 'fired.log')
  const embedded = await startEmbedded({ dataDir: folder })
  const leave = () => leaveNothing(folder)
  process.once('exit', leave)
  const ledger = await startLedger(join(folder, 'ledger.ndjson'))
  const losing = { wanted: 0, lost: 0, application: '' }
  const wants = ({ application }: CommitSeen) => {
    if (losing.wanted === 0 || application !== losing.application) return false
    losing.wanted -= 1
    return true
  }
  const lost = () => {
    losing.lost += 1
  }
  const harming: Harming = { wanted: null, done: 0 }
  const proxies = {
    postgres: await startProxy(Number(new URL(embedded.url).port), () => judgePostgres(wants, lost, harming, random)),
    http: await startProxy(ledger.httpPort, () => harm(random, network ? 0.03 : 0)),
    smtp: await startProxy(ledger.smtpPort, () => harm(random, network ? 0.004 : 0)),
  }
  const db = new pg.Pool({
    connectionString: Object.assign(new URL(embedded.superuserUrl), { pathname: 'kantos' }).href,
    max: 4,
  })
  db.on('error', () => {})
  const port = await freePort(null)
  const apiUrl = `http://127.0.0.1:${port}`
  const key = `kantos_${randomBytes(24).toString('base64url')}`
  const members = new Set<Member>()
  const env = {
    DATABASE_URL: Object.assign(new URL(embedded.url), { port: String(proxies.postgres.port) }).href,
    DATA_DIR: join(folder, 'home'),
    EGRESS_ALLOW: '127.0.0.1',
    KANTOS_API_KEY: key,
    KANTOS_FAILPOINTS: JSON.stringify({ log: firedFile, ...times } satisfies FailpointSettings),
    KANTOS_SECRET_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'warn',
    MAIL_FROM: 'Kantos <automations@chaos.test>',
    NODE_COMPILE_CACHE: join(tmpdir(), 'kantos-chaos-compile-cache'),
    PORT: String(port),
    RATE_LIMIT_PER_MINUTE: '100000000',
    SMTP_URL: `smtp://127.0.0.1:${proxies.smtp.port}`,
  }
  return {
    folder,
    embedded,
    db,
    ledger,
    proxies,
    apiUrl,
    client: createClient({ baseUrl: apiUrl, apiKey: key }),
    receiverUrl: `http://127.0.0.1:${proxies.http.port}/`,
    losing,
    harming,
    start: async (role, { root = ROOT } = {}) => {
      const member = await startMember(root, role, env, join(folder, `${role}.log`))
      members.add(member)
      void member.exited.then(() => members.delete(member))
      return member
    },
    fired: async () => (await readFile(firedFile, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    close: async () => {
      for (const member of members) {
        member.signal('SIGCONT')
        member.signal('SIGKILL')
      }
      await Promise.all([...members].map((member) => member.exited))
      await db.end()
      for (const proxy of Object.values(proxies)) await proxy.close()
      await ledger.close()
      await embedded.stop()
      process.off('exit', leave)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A rig that is interrupted takes its PostgreSQL along. */
function leaveNothing(folder: string): void {
  try {
    process.kill(Number(readFileSync(join(folder, 'pg18/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT')
  } catch {
    // it is gone already
  }
}

/** Harms some of the pieces that pass: late, cut, reset before or after the server has them, or on the way back. */
function harm(random: Random, share: number): Judge {
  const harmed = (length: number, kind: Harm['kind']): Harm => {
    if (kind === 'delay') return { kind, ms: Math.round(random.between(20, 300)) }
    return kind === 'cut' ? { kind, bytes: Math.floor(random.next() * length) } : { kind }
  }
  return {
    sent: ({ length }) => {
      if (random.next() >= share) return null
      const kind = random.pick(['delay', 'reset', 'cut', 'swallow'] as const)
      return kind === 'swallow' ? { kind, isAnswer: () => true } : harmed(length, kind)
    },
    answered: ({ length }) =>
      random.next() >= share / 3 ? null : harmed(length, random.pick(['delay', 'reset', 'cut'] as const)),
  }
}

/** Asks again until there is an answer. @throws what `asked` threw last, after `ms` */
export async function persist<T>(asked: () => Promise<T>, ms = 120_000, pauseMs = 50): Promise<T> {
  for (const end = performance.now() + ms; ; await delay(pauseMs)) {
    try {
      return await asked()
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}
