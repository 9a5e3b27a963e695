import { setTimeout as delay } from 'node:timers/promises'
import { FAILPOINTS, type Failpoint } from '../../src/failpoints.ts'
import { activate, probes } from './automations.ts'
import { type Checked, check, type Violation } from './check.ts'
import { type FaultContext, FAULTS, type Happened, type Kind, KINDS, provoke } from './faults.ts'
import { startFleet } from './fleet.ts'
import { createInstallation, SHORT_TIMES } from './installation.ts'
import { watchLeases } from './leases.ts'
import { type Load, startLoad } from './load.ts'
import { createRandom } from './random.ts'
import { repeat } from './repeat.ts'
import type { Size } from './sizes.ts'
import { createSnapshots } from './snapshots.ts'
import { waitForQuiet } from './quiet.ts'

export interface ChaosOptions {
  size: Size
  seed: number
  /** only these kinds of faults */
  kinds: readonly Kind[]
  /** leaves leases and beats as they are in production */
  realTimes: boolean
  say(line: string): void
}

export interface ChaosReport extends Checked {
  seconds: number
  faults: Record<string, number>
  network: Record<string, number>
  /** how often each failpoint fired */
  failpoints: Record<Failpoint, number>
  snapshots: number
  answers: Record<string, number>
  quietMs: number
}

const WORKERS = 4
const WARM_UP_MS = 2_000
const LEASE_MS = 40_000
const SNAPSHOT_EVERY_MS = 10_000
/** kinds whose faults take long have several hands */
const HANDS: Partial<Record<Kind, number>> = { 'worker-kill': 2 }
const LEAST_ENDED = 0.95
/** a point that nobody has come by is tried for so long */
const PROVOKED_WITHIN_MS = 60_000

/**
 * One run of the rig: processes, load and faults; then quiet; then the ledger and the database are compared.
 *
 * @returns what happened and what was found; it is a failure when `violations` isn't empty
 * Source: reference/reliability-security.md, section 2
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { size, say, kinds } = options
  const began = performance.now()
  const random = createRandom(options.seed)
  const times = options.realTimes ? {} : SHORT_TIMES
  const installation = await createInstallation({ random, times, network: true })
  const leases = watchLeases(installation.db)
  try {
    const fleet = await startFleet(installation, random, WORKERS)
    await installation.db.query('create table chaos_ticks (at timestamptz)')
    const active = await activate(installation)
    say(`${WORKERS} workers, 1 API; seed ${options.seed}; ${installation.folder}`)
    const load = startLoad(installation, active, size.eventsPerSecond)
    const snapshots = createSnapshots(installation.db)
    const happened: Happened[] = []
    const context = {
      installation,
      fleet,
      random,
      happened,
      freezeMs: 3 * (times as { leaseMs?: number }).leaseMs! || 3 * LEASE_MS,
      answered: () => load.told.answers.get(200) ?? 0,
    }
    await delay(WARM_UP_MS)
    const looking = repeat(async (isOn) => {
      for (let waited = 0; isOn() && waited < SNAPSHOT_EVERY_MS; waited += 250) await delay(250)
      await snapshots.take()
      say(`${progress(happened, size, kinds, load, began)}  ${await snapshots.backlog()}`)
    })
    await Promise.all(kinds.map((kind) => faultsOf(kind, size, context)))
    for (const point of silent(kinds, countFired(await installation.fired())))
      if (!(await provoke(context, point, PROVOKED_WITHIN_MS))) say(`nobody came by ${point}`)
    await looking.stop()
    say('no more faults; clients come to an end')
    await load.stop()
    const quiet = await waitForQuiet(installation.db)
    say(`quiet after ${(quiet.ms / 1000).toFixed(1)} s; comparing`)
    const ended = await snapshots.compare()
    const { violations, figures } = await check({
      db: installation.db,
      active,
      probes: probes(installation.receiverUrl),
      told: load.told,
      receipts: installation.ledger.receipts,
      happened: happened.toSorted((a, b) => a.at - b.at),
      leases,
    })
    const failpoints = countFired(await installation.fired())
    return {
      violations: [
        ...quiet.violations,
        ...ended.violations,
        ...violations,
        ...idle(happened, size, kinds, failpoints, figures),
      ],
      figures,
      seconds: (performance.now() - began) / 1000,
      faults: countBy(happened.map(nameOf)),
      network: networkFaults(installation.proxies),
      failpoints,
      snapshots: ended.compared,
      answers: Object.fromEntries(load.told.answers),
      quietMs: quiet.ms,
    }
  } finally {
    await leases.stop()
    await installation.close()
  }
}

async function faultsOf(kind: Kind, size: Size, context: FaultContext): Promise<void> {
  const wanted = size.faults[kind]
  const began = performance.now()
  const happened = () => context.happened.filter((fault) => fault.kind === kind).length
  let next = 0
  const hand = async () => {
    // what didn't come about, because its process died of something else, is made up for
    for (; happened() < wanted && next < wanted * 3 + TRIES_MORE; ) {
      const n = next++
      if (OUTAGES.has(kind)) await served(context)
      const ms = began + (n * size.spreadMs) / wanted - performance.now()
      if (ms > 0) await delay(ms)
      await FAULTS[kind](context, n).catch(() => {})
    }
  }
  await Promise.all(Array.from({ length: HANDS[kind] ?? 1 }, hand))
}

const TRIES_MORE = 10

/** Kinds after which nobody is served for a moment. */
const OUTAGES: ReadonlySet<Kind> = new Set(['api-kill', 'postgres'])
const SERVED = 25
const SERVED_WITHIN_MS = 120_000

/** Waits until clients are served again: where a slow machine lets the faults bunch, they would hit nothing but starting processes. */
async function served({ answered }: FaultContext): Promise<void> {
  const before = answered()
  for (const end = Date.now() + SERVED_WITHIN_MS; answered() < before + SERVED && Date.now() < end; ) await delay(50)
}

function progress(
  happened: readonly Happened[],
  size: Size,
  kinds: readonly Kind[],
  { told }: Load,
  began: number,
): string {
  const seconds = Math.round((performance.now() - began) / 1000)
  const faults = kinds.map((kind) => `${kind} ${happened.filter((f) => f.kind === kind).length}/${size.faults[kind]}`)
  const answers = [...told.answers].map(([status, n]) => `${status || 'none'}: ${n}`)
  return `${String(seconds).padStart(5)} s  ${faults.join('  ')}  answers ${answers.join(', ')}`
}

/** A run that harmed nobody proves nothing. */
function idle(
  happened: readonly Happened[],
  size: Size,
  kinds: readonly Kind[],
  failpoints: Record<Failpoint, number>,
  { runs, succeeded }: Checked['figures'],
): Violation[] {
  const missing = kinds
    .map((kind) => ({ kind, n: happened.filter((fault) => fault.kind === kind).length }))
    .filter(({ kind, n }) => n < size.faults[kind])
    .map(({ kind, n }) => ({ what: 'idle', detail: `of ${size.faults[kind]} faults ${kind}, ${n} happened` }))
  const unfired = silent(kinds, failpoints).map((point) => ({
    what: 'idle',
    detail: `the failpoint ${point} never fired`,
  }))
  const few =
    runs === 0 || succeeded / runs < LEAST_ENDED
      ? [{ what: 'idle', detail: `of ${runs} runs, ${succeeded} did what they should; 95 % are wanted` }]
      : []
  return [...missing, ...unfired, ...few]
}

/** The points that should have fired and haven't. */
function silent(kinds: readonly Kind[], failpoints: Record<Failpoint, number>): Failpoint[] {
  return FAILPOINTS.filter(
    (point) =>
      failpoints[point] === 0 &&
      kinds.includes(point === 'api_after_commit_before_answer' ? 'api-kill' : 'worker-kill'),
  )
}

function countFired(lines: readonly string[]): Record<Failpoint, number> {
  const counts = Object.fromEntries(FAILPOINTS.map((point) => [point, 0])) as Record<Failpoint, number>
  for (const line of lines) counts[line.split(' ')[0] as Failpoint] += 1
  return counts
}

/** What a fault is counted as. */
function nameOf({ kind, what }: Happened): string {
  if (kind === 'postgres') return `${kind}, ${what}`
  return kind === 'connection' ? `connection to PostgreSQL, ${what}` : kind
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function networkFaults(proxies: Awaited<ReturnType<typeof createInstallation>>['proxies']): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { faults } of [proxies.http, proxies.smtp])
    for (const [kind, n] of Object.entries(faults)) counts[kind] = (counts[kind] ?? 0) + n
  return counts
}

export { KINDS }
