import {
  type CrmEvent,
  matchEvent,
  type CompiledAutomation,
  initialState,
  planNext,
  publicId,
  type AutomationDocument,
} from '@kantos/model'
import type { ActiveAutomation } from '../../src/automations/compiled.ts'
import type { Batch } from '../../src/runs/batch.ts'
import type { Catalogue } from '../../src/records/catalogue.ts'
import { driveRun, endRun, park, parkHeld } from '../../src/runs/drive.ts'
import { goesOn } from '../../src/runs/go-on.ts'
import { judge } from '../../src/runs/judge.ts'
import type { LiveRun } from '../../src/runs/live-run.ts'
import { loopOf } from '../../src/runs/loop-guard.ts'
import { queuedRun } from '../../src/runs/queue.ts'
import { liveRun, type RunRow } from '../../src/runs/row.ts'
import { cancelNow, type EffectOutcome, settledBy } from '../../src/runs/settle.ts'
import { newRun } from '../../src/runs/start.ts'
import { viewOfRun } from '../../src/runs/view.ts'
import { beginWait, notice } from '../../src/runs/watch.ts'
import { POISON_TRIES } from '../../src/runs/work.ts'
import type { Random } from '../chaos/random.ts'
import { compiled, OBJECTS, randomDocument } from './documents.ts'
import { MemoryWrites } from './memory-writes.ts'
import { type OutboxRow, type Store, Violation } from './store.ts'
import type { SimWorker } from './worker.ts'

export const WORKSPACE = '00000000-0000-7000-8000-000000000000'
/** smaller than the defaults, so that a story ends */
const LIMITS = { max_depth: 4, max_per_record: 3, max_per_chain: 12 }

export interface SimAutomation extends ActiveAutomation {
  versions: Map<number, CompiledAutomation>
}

/** What a worker has taken up and not committed. */
export interface OpenBatch {
  holder: object
  writes: MemoryWrites
  runs: LiveRun[]
  begun: number[]
  /** outcomes that it settles */
  outcomes: EffectOutcome[]
  claimedSeqs: number[]
  claimedRuns: string[]
  /** runs whose effects have a place here, and the number that their leases bear */
  reserved: LiveRun[]
  lease: number
}

/** A send as the outside saw it. */
export interface Sent {
  runId: string
  path: string
  index: number | undefined
  atMs: number
}

/** The automations of a simulation, and what was seen of it from outside. */
export class World {
  readonly store: Store
  readonly random: Random
  readonly automations: SimAutomation[] = []
  readonly catalogue: Catalogue = { workspaceId: WORKSPACE, rev: 1, objects: OBJECTS }
  readonly sent: Sent[] = []
  /** steps that a retry took over, by run */
  readonly inherited = new Map<string, number>()
  readonly retried = new Set<string>()
  readonly resumed = new Set<string>()
  /** the workspace is on hold: nothing is taken up or sent */
  held = false
  /** statements that searched for records */
  searches = 0
  /** runs that waited for their turn */
  queued = 0
  private leases = 0
  /** of each record, the number of its last event that was taken up */
  private readonly lastBegun = new Map<string, number>()
  readonly story: string[] | null
  private readonly chains = new Map<string, number>()
  private readonly states = new Map<string, LiveRun['state']>()

  constructor(store: Store, random: Random, tells: boolean) {
    this.store = store
    this.random = random
    this.story = tells ? [] : null
    const count = 1 + Math.floor(random.next() * 3)
    for (let i = 0; i < count; i++) this.automations.push(this.newAutomation(i))
  }

  tell(words: () => string): void {
    this.story?.push(`${new Date(this.store.nowMs).toISOString().slice(11)} ${words()}`)
  }

  private newAutomation(i: number): SimAutomation {
    const id = `00000000-0000-7000-9000-${String(i + 1).padStart(12, '0')}`
    const versions = new Map<number, CompiledAutomation>()
    const automation: SimAutomation = {
      id,
      mode: this.random.next() < 0.1 ? 'test' : 'live',
      version: 0,
      serial: false,
      object: 'leads',
      versions,
      listener: { id, trigger: null as never, status: 'active', activatedAt: new Date(0) },
      compiled: () => versions.get(automation.version)!,
      problem: () => null,
    }
    this.edit(automation)
    return automation
  }

  /** A new version with the same trigger; runs that have begun keep theirs. */
  edit(automation: SimAutomation): void {
    automation.version += 1
    const trigger = automation.listener.trigger ?? undefined
    const version = compiled(automation.id, automation.version, randomDocument(this.random, trigger))
    automation.versions.set(automation.version, version)
    automation.listener.trigger = version.document.trigger
    automation.serial = version.document.serial === true
    this.tell(() => `${automation.id.slice(-2)} is now version ${automation.version}: ${words(version.document)}`)
  }

  private versionOf(row: RunRow): CompiledAutomation {
    return this.automations.find(({ id }) => id === row.automation_id)!.versions.get(row.version)!
  }

  /** A stored run taken up, and a look whether its state from JSON goes on as the one in memory would. */
  private taken(row: RunRow, batch: Batch): LiveRun {
    const run = liveRun(row, this.versionOf(row))
    const remembered = this.states.get(run.id)
    if (remembered !== undefined && !run.unjudged) {
      const view = viewOfRun(batch, run, batch.time.now())
      const next = (state: LiveRun['state']) => JSON.stringify(planNext(run.compiled!, structuredClone(state), view))
      if (next(run.state) !== next(remembered)) throw new Violation(`run ${run.id} goes on differently after JSON`)
    }
    return run
  }

  /**
   * One batch of a worker, up to its commit: as `advance` does it, with the store's claims instead of SQL. What it holds stays locked
   * until `commit` or `rollback`.
   *
   * @returns null when there was nothing to take up
   */
  async begin(worker: SimWorker): Promise<OpenBatch | null> {
    const { store, random } = this
    const holder = {}
    const writes = new MemoryWrites(store, worker.time, holder)
    const most = random.pick([1, 2, 8])
    const lease = ++this.leases
    const reserved: LiveRun[] = []
    let commands = 0
    const maxCommands = random.pick([1, 3, 50])
    const batch: Batch = {
      db: { query: async (statement: unknown) => ({ rows: this.answer(writes, statement) }) } as never,
      time: worker.time,
      writes,
      workerId: worker.id,
      room: {
        refuses: () => null,
        reserve: (run) => {
          if (random.next() >= 0.9) return { ok: false, afterMs: random.between(100, 2_000) }
          reserved.push(run)
          return { ok: true, lease }
        },
      },
      actors: new Map(),
      restartBudget: () => {},
      hasBudget: () => commands < maxCommands,
      hasBegun: () => commands > 0,
      spend: () => {
        commands += 1
      },
    }
    const outcomes = worker.outcomes.filter(({ runId }) => store.isFree(`run ${runId}`))
    worker.outcomes = worker.outcomes.filter((outcome) => !outcomes.includes(outcome))
    const found = outcomes.flatMap(({ runId, rev }) => (store.live.get(runId)?.rev === rev ? [store.read(runId)] : []))
    const settled = store.fenced
      ? settledBy(worker.id, found, outcomes).outcomes
      : outcomes.filter(({ runId }) => store.live.has(runId))
    const due = [...store.live]
      .filter(
        ([id, { dueAt }]) =>
          !this.held && dueAt !== null && dueAt <= store.nowMs && !settled.some(({ runId }) => runId === id),
      )
      .toSorted(([, a], [, b]) => a.lane - b.lane || a.dueAt! - b.dueAt!)
    const dueIds = due
      .map(([id]) => id)
      .filter((id) => store.isFree(`run ${id}`))
      .slice(0, most)
    const claimed = this.claim(holder, most)
    for (const id of [...settled.map(({ runId }) => runId), ...dueIds]) store.lock(`run ${id}`, holder)
    if (settled.length + dueIds.length + claimed.length === 0) {
      store.unlock(holder)
      return null
    }
    const open: OpenBatch = {
      holder,
      writes,
      runs: [],
      begun: [],
      outcomes,
      claimedSeqs: claimed.map(({ seq }) => seq),
      claimedRuns: [...settled.map(({ runId }) => runId), ...dueIds],
      reserved,
      lease,
    }
    const noticed = await this.notice(batch, open, claimed)
    await this.resume(batch, open, settled, dueIds, noticed.woken)
    await this.start(batch, open, claimed, noticed.contested)
    await writes.flush()
    return open
  }

  /** What the statements of a batch are answered: a search, or the number of the last event. */
  private answer(writes: MemoryWrites, statement: unknown): object[] {
    const { text, values } = statement as { text?: string; values?: unknown[] }
    if (text === undefined || !text.includes(' from records r where ')) return [{ seq: this.store.lastSeq }]
    this.searches += 1
    return writes.seen('tasks').slice(0, Number(values!.at(-1)))
  }

  /** Free events, faster lanes first, and a record's earlier ones before its later ones, whatever their lane. */
  private claim(holder: object, most: number): OutboxRow[] {
    if (this.held) return []
    const claimed = new Set<OutboxRow>()
    const rows = [...this.store.outbox.values()].toSorted((a, b) => a.seq - b.seq)
    for (const row of rows.toSorted((a, b) => a.event.lane - b.event.lane)) {
      if (claimed.size >= most) break
      const upTo = rows.filter(({ seq, event }) => event.recordId === row.event.recordId && seq <= row.seq)
      if (!upTo.every(({ seq }) => this.store.isFree(`event ${seq}`, holder))) continue
      for (const one of upTo) {
        this.store.lock(`event ${one.seq}`, holder)
        claimed.add(one)
      }
    }
    return [...claimed]
  }

  private async notice(batch: Batch, open: OpenBatch, claimed: readonly OutboxRow[]) {
    const contested = new Set<string>()
    const woken = new Set<string>()
    for (const [id, entry] of this.store.live) {
      if (!entry.watches || !claimed.some(({ event }) => event.recordId === entry.recordId)) continue
      if (!this.store.lock(`run ${id}`, open.holder)) {
        contested.add(entry.recordId!)
        continue
      }
      const run = this.taken(this.store.read(id), batch)
      for (const { event, seq, tries } of claimed) {
        if (event.recordId !== run.recordId) continue
        if (!(await notice(batch, run, { event, seq, tries, previousSeq: null, watched: true }))) continue
        open.runs.push(run)
        woken.add(id)
        break
      }
    }
    return { contested, woken }
  }

  private async resume(
    batch: Batch,
    open: OpenBatch,
    settled: readonly EffectOutcome[],
    dueIds: readonly string[],
    woken: ReadonlySet<string>,
  ): Promise<void> {
    for (const id of [...settled.map(({ runId }) => runId), ...dueIds]) {
      if (woken.has(id)) continue
      const outcome = settled.find(({ runId }) => runId === id)
      const run = this.taken(this.store.read(id), batch)
      if (outcome !== undefined && !this.store.fenced && run.open === null) continue
      open.runs.push(run)
      if (!(await goesOn(batch, run, outcome))) continue
      if (this.held) park(run, 'held', batch.time.now())
      else if (await this.isHeld(batch, run)) parkHeld(run, batch.time.now())
      else if (run.unjudged && !(await judge(batch, run))) endRun(run, 'skipped', batch.time.now())
      else await driveRun(batch, { catalogue: this.catalogue } as never, run)
    }
  }

  private async start(
    batch: Batch,
    open: OpenBatch,
    claimed: readonly OutboxRow[],
    contested: ReadonlySet<string>,
  ): Promise<void> {
    const left = new Set<string>()
    const taken = new Set<string>()
    for (const { seq, event, tries } of claimed) {
      const record = event.recordId!
      if (left.has(record)) continue
      const runs = this.automations
        .filter(({ listener }) => matchEvent(event, listener).matches)
        .map((automation) => newRun(batch, event, automation))
      let waits = contested.has(record)
      for (const run of runs) waits ||= (await this.isHeld(batch, run)) || this.isContested(run, open)
      if (waits) {
        left.add(record)
        continue
      }
      open.begun.push(seq)
      for (const run of runs) {
        open.runs.push(run)
        const loop = loopOf(run, LIMITS)
        const now = batch.time.now()
        if (tries >= POISON_TRIES) endRun(run, 'failed', now, { code: 'POISON', message: 'It stopped its worker.' })
        else if (!(await judge(batch, run))) endRun(run, 'skipped', now)
        else if (loop !== null) endRun(run, 'blocked', now, { code: 'LOOP', message: loop })
        else if (run.chain.depth > 1 && this.countChain(run.chain.id) > LIMITS.max_per_chain)
          endRun(run, 'blocked', now, { code: 'LOOP', message: 'Its chain is too long.' })
        else if (this.isTaken(run, open, taken)) {
          this.queued += 1
          park(run, 'turn', null)
          await beginWait(batch, run)
        } else {
          await driveRun(batch, { catalogue: this.catalogue } as never, run)
          if (run.finishedAt === null && run.serialKey !== null) taken.add(run.serialKey)
        }
      }
    }
  }

  /** Who is at turn is in another transaction's hands. */
  private isContested({ serialKey }: LiveRun, { holder }: OpenBatch): boolean {
    return this.store.sharing(serialKey).some(([id]) => !this.store.isFree(`run ${id}`, holder))
  }

  /** Somebody else is at turn, whose end can't be missed: it is locked. */
  private isTaken({ serialKey }: LiveRun, { holder }: OpenBatch, taken: ReadonlySet<string>): boolean {
    const sharing = this.store.sharing(serialKey)
    for (const [id] of sharing) this.store.lock(`run ${id}`, holder)
    return sharing.length > 0 || taken.has(serialKey ?? '')
  }

  /** Who would be next at turn after runs that have ended is in another transaction's hands: PostgreSQL would let the batch wait. */
  isBlocked({ holder, runs }: Pick<OpenBatch, 'holder' | 'runs'>): boolean {
    return runs.some(
      ({ serialKey, finishedAt, rev }) =>
        finishedAt !== null &&
        rev !== null &&
        this.store.sharing(serialKey).some(([id]) => !this.store.isFree(`run ${id}`, holder)),
    )
  }

  /** Counted as the run begins; of what is rolled back, too, so that a story ends the sooner. */
  private countChain(id: string): number {
    const count = (this.chains.get(id) ?? 0) + 1
    this.chains.set(id, count)
    return count
  }

  /** Reads what the run begins with, locked where it writes or watches it. */
  private async isHeld(batch: Batch, run: LiveRun): Promise<boolean> {
    const { recordId, event, compiled: version } = run
    if (recordId === null || event.type === 'record.deleted') return false
    const locks = version!.writesRecord || version!.watchesRecord
    return (await batch.writes.read([{ workspaceId: WORKSPACE, id: recordId }], locks)).size > 0
  }

  /** Commits a batch: records, events, runs, and the rows that gave the right to do it. @returns the effects it leased */
  async commit({ holder, writes, runs, begun }: OpenBatch, workerId: string): Promise<LiveRun[]> {
    await writes.commit()
    const passing = runs.flatMap(({ serialKey, finishedAt, rev }) =>
      serialKey !== null && finishedAt !== null && rev !== null ? [serialKey] : [],
    )
    for (const run of runs) {
      this.states.set(run.id, structuredClone(run.state))
      this.store.save(run)
    }
    this.takeUpInOrder(begun)
    for (const key of new Set(passing)) this.store.passTurn(key)
    for (const { serialKey } of runs) this.oneAtTurn(serialKey)
    this.store.unlock(holder)
    return runs.filter((run) => run.leaseBy === workerId && run.waitReason === 'effect')
  }

  /** Of the live runs that share their turns one at most has begun, or may. */
  private oneAtTurn(serialKey: string | null): void {
    const atTurn = this.store.sharing(serialKey).filter(([, { waitReason }]) => waitReason !== 'turn')
    if (atTurn.length > 1) throw new Violation(`runs are at turn together: ${atTurn.map(([id]) => id).join(', ')}`)
  }

  /** Gives up the right to start runs; a record's events are taken up in their order. */
  private takeUpInOrder(begun: readonly number[]): void {
    for (const seq of begun.toSorted((a, b) => a - b)) {
      const row = this.store.outbox.get(seq)
      if (row === undefined) throw new Violation(`event ${seq} was taken up twice`)
      const record = row.event.recordId!
      const before = [...this.store.outbox.values()].find((one) => one.event.recordId === record && one.seq < seq)
      if (before !== undefined || (this.lastBegun.get(record) ?? 0) > seq)
        throw new Violation(`event ${seq} was taken up before ${before?.seq ?? 'an earlier one'} of its record`)
      this.lastBegun.set(record, seq)
      this.store.outbox.delete(seq)
    }
  }

  /** Cancels a live run as `cancelRuns` does. */
  cancel(id: string, time: SimWorker['time']): void {
    const entry = this.store.live.get(id)!
    if (entry.waitReason === 'effect' && entry.leaseBy !== null) {
      entry.cancelRequested = true
      return
    }
    const row = this.store.read(id)
    const run = liveRun(row, this.versionOf(row))
    cancelNow({ time }, run)
    if (this.isBlocked({ holder: {}, runs: [run] })) return
    this.store.save(run)
    this.store.passTurn(run.serialKey)
  }

  /** Resumes a waiting run as `resumeRuns` does. */
  resumeNow(id: string): void {
    const entry = this.store.live.get(id)!
    if (!['wait', 'event', 'retry'].includes(entry.waitReason ?? '')) return
    entry.dueAt = Math.min(entry.dueAt!, this.store.nowMs)
    entry.rev += 1
    this.resumed.add(id)
  }

  /**
   * A new run of a failed one, as `retryRuns` makes it, or from the start, as `replayRuns` does.
   *
   * @returns false when the turns of its record are in another transaction's hands, for which PostgreSQL would wait
   */
  again(failed: RunRow, how: 'retry' | 'replay'): boolean {
    const automation = this.automations.find(({ id }) => id === failed.automation_id)!
    const id = this.store.id(this.store.nowMs)
    const chain =
      how === 'replay'
        ? { id, depth: 1, path: [], parentRunId: null }
        : { id: failed.chain_id!, depth: failed.depth!, path: failed.path ?? [], parentRunId: failed.parent_run_id }
    const document = automation.compiled()!.document as AutomationDocument
    const run = queuedRun(
      { id: automation.id, name: 'Simulated', version: automation.version, status: 'active', mode: 'live', document },
      {
        workspaceId: WORKSPACE,
        id,
        event: failed.state!.event,
        eventId: failed.event_id,
        recordId: failed.record_id,
        chain,
        trigger: failed.trigger,
        lane: 0,
        retryOf: failed.id,
        mode: failed.mode,
        startedAtMs: this.store.nowMs,
      },
    )
    if (how === 'retry') {
      const steps = failed.steps ?? []
      const key = failed.error?.step_key
      run.version = failed.version
      run.conditions = failed.conditions
      run.unjudged = failed.conditions === null
      run.state = failed.state!.run
      run.steps =
        key === undefined
          ? steps
          : steps.slice(
              0,
              steps.findLastIndex((step) => step.key === key && step.status === 'failed'),
            )
    } else run.state = initialState()
    const sharing = this.store.sharing(run.serialKey)
    const record = failed.record_id!
    const events = [...this.store.outbox.values()].filter(({ event }) => event.recordId === record)
    const keys = [
      ...sharing.map(([one]) => `run ${one}`),
      `record ${record}`,
      ...events.map(({ seq }) => `event ${seq}`),
    ]
    if (run.serialKey !== null && !keys.every((key) => this.store.isFree(key))) return false
    this.inherited.set(id, run.steps.length)
    const waits = sharing.length > 0
    park(run, waits ? 'turn' : 'queued', waits ? null : this.store.nowMs)
    if (!waits) run.watches = false
    this.store.save(run)
    return true
  }
}

/** A document's actions in few words. */
function words({ trigger, actions }: AutomationDocument): string {
  const list = (some: readonly { type: string }[]): string => some.map(({ type }) => type).join(', ')
  return `${trigger.event} → ${list(actions)}`
}

export const isOfRun = (event: CrmEvent, runId: string): boolean => event.actor === publicId('run', runId)
