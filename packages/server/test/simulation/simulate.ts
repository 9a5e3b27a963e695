import { publicId } from '@kantos/model'
import type { Cause } from '../../src/records/write-batch.ts'
import { LEASE_MS } from '../../src/runs/drive.ts'
import type { RunRow } from '../../src/runs/row.ts'
import { type EffectOutcome, unbegun } from '../../src/runs/settle.ts'
import { createRandom, type Random } from '../chaos/random.ts'
import { checkInvariants } from './invariants.ts'
import { MemoryWrites } from './memory-writes.ts'
import { Store, Violation } from './store.ts'
import { type Leased, newWorker, type SimWorker } from './worker.ts'
import { World, WORKSPACE } from './world.ts'

/** What a worker gives back instead of sending it after so long. Source: steps/perform.ts */
const LONGEST_QUEUE_MS = 5_000
/** more rounds than any run of a simulation can need */
const ROUNDS = 20_000
export const MAX_SKEW_MS = 5
/** the chance that a hold is released with the next move */
const RELEASED = 0.2

export interface Simulated {
  seed: number
  /** what was broken, in words; null: nothing was */
  broken: string | null
  /** all that happened, when it was asked for */
  story: readonly string[]
  /** how much of it there was: a simulation in which nothing happens proves nothing */
  seen: Record<string, number>
}

export interface SimulateOptions {
  tells?: boolean
  /** false: outcomes are taken whatever has become of the run meanwhile, as in the failures the fence is there for */
  fenced?: boolean
}

/**
 * One story of the engine: random automations, writes, crashes, freezes, lost outcomes, cancels, resumes, retries and leaps of the
 * clock, all drawn from the seed; then everybody is well again, the clock runs until nothing is left, and the invariants are
 * checked. The run's code is the product's own (match, judge, plan, drive, settle, take up, watch, rows and back); the database
 * is a store in memory.
 *
 * @param seed the same number tells the same story
 */
export async function simulate(
  seed: number,
  { tells = false, fenced = true }: SimulateOptions = {},
): Promise<Simulated> {
  const random = createRandom(seed)
  const systemRandom = Math.random
  // the jitter of retries is part of the story
  Math.random = random.next
  const store = new Store()
  store.fenced = fenced
  const world = new World(store, random, tells)
  const simulation = new Simulation(world, random)
  let broken: string | null = null
  try {
    await simulation.act(20 + Math.floor(random.next() * 100))
    await simulation.settle()
    checkInvariants(world)
  } catch (error) {
    broken = error instanceof Violation ? error.message : String((error as Error).stack)
  } finally {
    Math.random = systemRandom
  }
  const seen = { ...simulation.seen, searches: world.searches, turns: world.queued }
  return { seed, broken, story: world.story ?? [], seen }
}

class Simulation {
  readonly seen: Record<string, number> = {}
  private readonly world: World
  private readonly store: Store
  private readonly random: Random
  private workers: SimWorker[]

  constructor(world: World, random: Random) {
    this.world = world
    this.store = world.store
    this.random = random
    this.workers = Array.from({ length: 1 + Math.floor(random.next() * 3) }, () => this.hire())
  }

  /** So many random moves. */
  async act(moves: number): Promise<void> {
    const table: readonly [weight: number, move: () => Promise<void> | void][] = [
      [10, () => this.write()],
      [24, () => this.batch()],
      [24, () => this.commit()],
      [12, () => this.send()],
      [12, () => this.answer()],
      [14, () => this.passTime()],
      [3, () => this.crash()],
      [2, () => this.freeze()],
      [2, () => this.handOn()],
      [4, () => this.cancel()],
      [4, () => this.resume()],
      [6, () => this.again()],
      [1, () => this.edit()],
      [1, () => this.hold()],
    ]
    const total = table.reduce((sum, [weight]) => sum + weight, 0)
    await this.write()
    for (let i = 0; i < moves; i++) {
      if (this.world.held && this.random.next() < RELEASED) this.hold()
      let draw = this.random.next() * total
      for (const [weight, move] of table) {
        draw -= weight
        if (draw >= 0) continue
        await move()
        break
      }
    }
  }

  /** Everybody is well again, and works until nothing is left. */
  async settle(): Promise<void> {
    this.world.tell(() => 'everybody is well again')
    for (const worker of this.workers) worker.frozen = false
    this.world.held = false
    for (let round = 0; round < ROUNDS; round++) {
      await this.commitAll()
      for (const worker of this.workers) {
        for (const leased of worker.leased.slice()) this.sendOne(worker, leased)
        for (const leased of worker.leased.slice()) this.answerOne(worker, leased)
        worker.open = await this.world.begin(worker)
      }
      if (this.workers.some(({ open, leased, outcomes }) => open !== null || leased.length + outcomes.length > 0))
        continue
      if (this.store.live.size === 0 && this.store.outbox.size === 0) return
      const next = Math.min(...[...this.store.live.values()].map(({ dueAt }) => dueAt ?? Number.POSITIVE_INFINITY))
      if (next === Number.POSITIVE_INFINITY)
        throw new Violation(`runs are forgotten: ${[...this.store.live.keys()].join(', ')}`)
      this.store.nowMs = Math.max(this.store.nowMs + 1, Math.ceil(next))
    }
    throw new Violation(`it never ends: ${this.store.live.size} runs, ${this.store.outbox.size} events are left`)
  }

  /** A batch that waits for another's locks is committed as soon as that one is; of those that wait for each other one is undone. */
  private async commitAll(): Promise<void> {
    for (;;) {
      const open = this.workers.filter((worker) => worker.open !== null)
      if (open.length === 0) return
      const free = open.find((worker) => !this.world.isBlocked(worker.open!))
      if (free === undefined) this.rollBack(open[0]!)
      else await this.commitOf(free)
    }
  }

  private count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1
  }

  private hire(): SimWorker {
    return newWorker(this.store, Math.round(this.random.between(-MAX_SKEW_MS, MAX_SKEW_MS)))
  }

  private awake(): SimWorker[] {
    return this.workers.filter(({ frozen }) => !frozen)
  }

  /** Somebody outside writes a record. */
  private async write(): Promise<void> {
    const { store, random, world } = this
    const holder = {}
    const time = newWorker(store, 0).time
    const writes = new MemoryWrites(store, time, holder)
    const cause: Cause = { actor: 'key_1', source: 'api', lane: random.pick([0, 1, 1, 2]), chain: null }
    const leads = [...store.records.values()].filter(({ object }) => object === 'leads')
    const lead = leads.length === 0 || random.next() < 0.4 ? null : random.pick(leads)
    if (lead === null) {
      const values = { name: `Lead ${store.records.size}`, status: 'new', score: 0 }
      await writes.create(world.catalogue, world.catalogue.objects.get('leads'), values, cause)
    } else {
      const held = await writes.read([{ workspaceId: WORKSPACE, id: lead.id }], true)
      if (held.size > 0) return store.unlock(holder)
      if (random.next() < 0.08) await writes.remove(world.catalogue, lead.id, cause)
      else {
        const status = random.pick(['new', 'contacted', 'qualified', 'converted'])
        await writes.update(world.catalogue, lead.id, { status }, cause)
      }
    }
    await writes.commit()
    store.unlock(holder)
    this.count('writes')
    world.tell(() => `a client wrote ${lead?.id.slice(-4) ?? 'a new lead'}`)
  }

  private async batch(): Promise<void> {
    const free = this.awake().filter(({ open }) => open === null)
    if (free.length === 0) return
    const worker = this.random.pick(free)
    worker.open = await this.world.begin(worker)
    const { open } = worker
    if (open === null) return
    this.count('batches')
    this.world.tell(() => `${nameOf(worker)} claimed events [${open.claimedSeqs}] runs [${open.claimedRuns.map(tail)}]`)
  }

  private async commit(): Promise<void> {
    const busy = this.awake().filter(({ open }) => open !== null)
    if (busy.length === 0) return
    const worker = this.random.pick(busy)
    const draw = this.random.next()
    if (draw < 0.05) this.rollBack(worker)
    else if (draw < 0.15) await this.loseAnswer(worker)
    else await this.commitOf(worker)
  }

  /** The batch failed, its worker didn't: what it had claimed is free, its outcomes are still to be settled. */
  private rollBack(worker: SimWorker): void {
    this.world.tell(() => `${nameOf(worker)}’s batch was rolled back`)
    this.store.unlock(worker.open!.holder)
    worker.outcomes.unshift(...worker.open!.outcomes)
    worker.open = null
    this.count('rollbacks')
  }

  /** It was committed or not, and its worker can't tell: what it leased isn't begun, and said to be so. */
  private async loseAnswer(worker: SimWorker): Promise<void> {
    const open = worker.open!
    const revs = new Map(open.reserved.map((run) => [run, (run.rev ?? 0) + 1]))
    const committed = this.random.next() < 0.5 && !this.world.isBlocked(open)
    worker.open = null
    if (committed) await this.world.commit(open, worker.id)
    else this.store.unlock(open.holder)
    worker.outcomes.unshift(...open.outcomes)
    for (const [run, rev] of revs) worker.outcomes.push(unbegun({ ...run, rev }, open.lease, worker.time.now()))
    this.count('lost answers')
    this.world.tell(
      () => `${nameOf(worker)} doesn’t know that its batch was ${committed ? 'committed' : 'rolled back'}`,
    )
  }

  private async commitOf(worker: SimWorker): Promise<void> {
    const open = worker.open!
    // one of two that wait for each other's turns is undone
    if (this.world.isBlocked(open)) return this.rollBack(worker)
    worker.open = null
    const leased = await this.world.commit(open, worker.id)
    for (const run of leased) worker.leased.push({ run, rev: run.rev!, since: this.store.nowMs, sentAt: null })
    this.world.tell(
      () =>
        `${nameOf(worker)} committed ${open.runs.map((run) => `${tail(run.id)} ${run.status} ${run.waitReason ?? ''} rev ${run.rev}`).join('; ')}`,
    )
  }

  /** The workspace is put on hold, or released. */
  private hold(): void {
    this.world.held = !this.world.held
    this.count('holds')
    this.world.tell(() => (this.world.held ? 'everything is on hold' : 'the hold is released'))
  }

  private send(): void {
    const able = this.awake().flatMap((worker) =>
      worker.leased.flatMap((leased) => (leased.sentAt === null ? [{ worker, leased }] : [])),
    )
    if (able.length === 0) return
    const { worker, leased } = this.random.pick(able)
    this.sendOne(worker, leased)
  }

  private sendOne(worker: SimWorker, leased: Leased): void {
    if (leased.sentAt !== null) return
    const { run } = leased
    if (this.world.held || this.store.nowMs - leased.since > LONGEST_QUEUE_MS) {
      worker.leased.splice(worker.leased.indexOf(leased), 1)
      worker.outcomes.push(outcomeOf(worker, leased, { kind: 'released' }))
      return
    }
    leased.sentAt = this.store.nowMs
    const { path, index } = run.open!.command.draft
    this.world.sent.push({ runId: run.id, path, index, atMs: this.store.nowMs })
    this.count('sends')
    this.world.tell(() => `${nameOf(worker)} sent ${path} of ${tail(run.id)}`)
  }

  private answer(): void {
    const sent = this.awake().flatMap((worker) =>
      worker.leased.flatMap((leased) => (leased.sentAt === null ? [] : [{ worker, leased }])),
    )
    if (sent.length === 0) return
    const { worker, leased } = this.random.pick(sent)
    this.answerOne(worker, leased)
  }

  private answerOne(worker: SimWorker, leased: Leased): void {
    if (leased.sentAt === null) return
    worker.leased.splice(worker.leased.indexOf(leased), 1)
    const draw = this.random.next()
    const transient = draw < 0.85
    const result: EffectOutcome['result'] =
      draw < 0.6
        ? { kind: 'done', output: { status: 200 } }
        : {
            kind: 'failed',
            error: transient
              ? { code: 'NETWORK', message: 'It failed.', kind: 'transient' }
              : { code: 'WEBHOOK_FAILED', message: 'It failed.', kind: 'permanent' },
            permanent: draw > 0.95,
            transient,
          }
    const outcome = outcomeOf(worker, leased, result)
    worker.outcomes.push(outcome)
    this.world.tell(() => `${nameOf(worker)} was answered for ${tail(leased.run.id)}: ${outcome.result.kind}`)
  }

  private passTime(): void {
    const next = Math.min(...[...this.store.live.values()].map(({ dueAt }) => dueAt ?? Number.POSITIVE_INFINITY))
    const draw = this.random.next()
    const ms =
      draw < 0.5
        ? this.random.between(1, 50)
        : draw < 0.75
          ? this.random.between(50, 5_000)
          : draw < 0.9 && Number.isFinite(next)
            ? Math.max(0, next - this.store.nowMs - this.random.pick([1, 0, -1]))
            : this.random.pick([LEASE_MS + 1, 70_000, 3_600_000])
    this.store.nowMs = Math.round(this.store.nowMs + ms)
    this.world.tell(() => `${Math.round(ms)} ms passed`)
  }

  /** Its transaction and all it had in hand are gone; another comes in its place, and takes leave of it. */
  private crash(): void {
    const worker = this.random.pick(this.workers)
    this.count('crashes')
    this.world.tell(() => `${nameOf(worker)} died`)
    if (worker.open !== null) {
      this.store.unlock(worker.open.holder)
      for (const seq of worker.open.claimedSeqs) this.store.outbox.get(seq)!.tries += 1
      for (const id of worker.open.claimedRuns) this.store.live.get(id)!.tries += 1
    }
    this.workers[this.workers.indexOf(worker)] = this.hire()
    this.makeDue(worker)
  }

  private freeze(): void {
    const worker = this.random.pick(this.workers)
    worker.frozen = !worker.frozen
    this.count('freezes')
    this.world.tell(() => `${nameOf(worker)} ${worker.frozen ? 'froze' : 'woke up'}`)
  }

  /** The leases of a worker that is silent become due. */
  private handOn(): void {
    const silent = this.workers.filter(({ frozen }) => frozen)
    if (silent.length > 0) this.makeDue(this.random.pick(silent))
  }

  private makeDue(worker: SimWorker): void {
    for (const [id, entry] of this.store.live)
      if (entry.leaseBy === worker.id && this.store.isFree(`run ${id}`)) {
        entry.dueAt = Math.min(entry.dueAt!, this.store.nowMs)
        this.count('leases handed on')
      }
  }

  private free(): string[] {
    return [...this.store.live.keys()].filter((id) => this.store.isFree(`run ${id}`))
  }

  private cancel(): void {
    const free = this.free()
    if (free.length === 0) return
    const id = this.random.pick(free)
    this.world.tell(() => `${tail(id)} is cancelled (${this.store.live.get(id)?.waitReason})`)
    this.world.cancel(id, newWorker(this.store, 0).time)
    this.count('cancels')
  }

  private resume(): void {
    const free = this.free()
    if (free.length === 0) return
    const id = this.random.pick(free)
    this.world.tell(() => `${tail(id)} is resumed (${this.store.live.get(id)?.waitReason})`)
    this.world.resumeNow(id)
    this.count('resumes')
  }

  private again(): void {
    const failed = [...this.store.ended.values()]
      .map((text) => JSON.parse(text) as RunRow)
      .filter(({ id, status }) => status === 'failed' && !this.world.retried.has(id))
    if (failed.length === 0) return
    const row = this.random.pick(failed)
    const how = this.random.next() < 0.7 ? 'retry' : 'replay'
    if (!this.world.again(fullRow(row), how)) return
    if (how === 'retry') this.world.retried.add(row.id)
    this.count('retries')
    this.world.tell(() => `${how} of ${tail(row.id)}`)
  }

  private edit(): void {
    this.world.edit(this.random.pick(this.world.automations))
  }
}

function fullRow(row: RunRow): RunRow {
  return { ...row, steps: row.steps ?? null, conditions: row.conditions ?? null, error: row.error ?? null }
}

function outcomeOf(worker: SimWorker, { run, rev, sentAt }: Leased, result: EffectOutcome['result']): EffectOutcome {
  const now = worker.time.now()
  const attempt: EffectOutcome['attempt'] = {
    attempt: 0,
    started_at: new Date(sentAt ?? now).toISOString(),
    finished_at: new Date(now).toISOString(),
  }
  if (result.kind === 'failed') attempt.error = result.error
  return { workspaceId: WORKSPACE, runId: run.id, rev, attempt, result }
}

const tail = (id: string): string => `run ${id.slice(-4)}`
const nameOf = ({ id }: SimWorker): string => `worker ${publicId('run', id).slice(-4)}`
