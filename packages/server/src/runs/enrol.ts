import { remembers, whyNotEnrolled } from '@kantos/model'
import { plainArray, textArray } from '../db/arrays.ts'
import type { Queryable } from '../db/pool.ts'
import { together } from '../db/together.ts'
import { endRun } from './drive.ts'
import { underWay } from './enrolled.ts'
import type { LiveRun } from './live-run.ts'

/** A record of an automation, in one mode; ids are UUIDs. */
interface Place {
  workspaceId: string
  automationId: string
  recordId: string
  mode: string
}

interface Enrolled extends Place {
  atMs: number
  runId: string
}

/**
 * The enrolment rules in one batch: which runs whose conditions hold may begin.
 *
 * Two batches never decide about one record of an automation at once: who decides holds an advisory lock on it until the
 * batch has committed, and whoever doesn't get it leaves the run for later. What was decided before is read after the lock
 * is held, and what is decided is written in the batch's transaction, so a batch that is rolled back has enrolled nobody.
 *
 * A retry or a replay isn't asked: somebody wants that run. An automation without a rule costs nothing.
 */
export class Enrolling {
  private readonly db: Queryable
  /** the runs of this batch, as it leaves them */
  private readonly runs: readonly LiveRun[]
  private readonly last = new Map<string, number>()
  /** uuids of the runs under way, by place */
  private readonly live = new Map<string, Set<string>>()
  private readonly begun = new Map<string, LiveRun[]>()
  private readonly known = new Set<string>()
  private readonly busy = new Set<string>()
  private readonly added = new Map<string, Enrolled>()

  constructor(db: Queryable, runs: readonly LiveRun[]) {
    this.db = db
    this.runs = runs
  }

  /** Looks up what must be known to decide about these runs: two round trips at most, none where no rule is. */
  async prepare(runs: readonly LiveRun[]): Promise<void> {
    const places = new Map<string, Place & { once: boolean }>()
    for (const run of runs) {
      const key = placeOf(run)
      if (key !== null && !this.known.has(key))
        places.set(key, {
          workspaceId: run.workspaceId,
          automationId: run.automationId,
          recordId: run.recordId!,
          mode: run.mode,
          once: remembers(run.compiled!.document.enrolment),
        })
    }
    if (places.size === 0) return
    const { rows } = await this.db.query<{ key: string; free: boolean }>({
      name: 'enrolments-lock',
      text: `select key, pg_try_advisory_xact_lock(hashtextextended('enrol ' || key, 0)) as free
        from unnest($1::text[]) as t(key)`,
      values: [[...places.keys()].toSorted()],
    })
    for (const { key, free } of rows) {
      if (free) this.known.add(key)
      else {
        this.busy.add(key)
        places.delete(key)
      }
    }
    const once = [...places.values()].filter((place) => place.once)
    const running = [...places.values()].filter((place) => !place.once)
    await together([this.readLast(once), this.readLive(running)])
  }

  /** Somebody else is deciding about the same record just now. */
  contested(run: LiveRun): boolean {
    const key = placeOf(run)
    return key !== null && this.busy.has(key) && !this.known.has(key)
  }

  /**
   * Enrols a run's record, or ends the run as skipped with the reason.
   *
   * @param nowMs the database's clock
   * @returns whether the run may begin
   */
  takes(run: LiveRun, nowMs: number): boolean {
    const key = placeOf(run)
    if (key === null) return true
    const why = run.retryOf === null ? this.refusal(key, run, nowMs) : null
    if (why !== null) {
      endRun(run, 'skipped', nowMs, { code: 'ALREADY_ENROLLED', message: why })
      return false
    }
    this.begun.set(key, [...(this.begun.get(key) ?? []), run])
    if (!remembers(run.compiled!.document.enrolment)) return true
    if (run.retryOf !== null && this.last.has(key)) return true
    this.last.set(key, nowMs)
    this.added.set(key, {
      workspaceId: run.workspaceId,
      automationId: run.automationId,
      recordId: run.recordId!,
      mode: run.mode,
      atMs: nowMs,
      runId: run.id,
    })
    return true
  }

  private refusal(key: string, run: LiveRun, nowMs: number): string | null {
    const rule = run.compiled!.document.enrolment
    if (rule !== 'not_while_running') {
      const last = this.last.get(key)
      return last === undefined ? null : whyNotEnrolled(rule, last, nowMs)
    }
    const stored = this.live.get(key) ?? new Set()
    const ended = new Set(this.runs.flatMap(({ id, finishedAt }) => (finishedAt === null ? [] : [id])))
    const other =
      [...stored].find((id) => id !== run.id && !ended.has(id)) ??
      this.begun.get(key)?.find(({ finishedAt }) => finishedAt === null)?.id
    return other === undefined ? null : underWay(other)
  }

  private async readLast(places: readonly Place[]): Promise<void> {
    if (places.length === 0) return
    const { rows } = await this.db.query<{ key: string; at: Date }>({
      name: 'enrolments-read',
      text: `select ${KEY} as key, e.at ${FROM_PLACES}
        join enrolments e on e.workspace_id = k.workspace_id and e.automation_id = k.automation_id
          and e.record_id = k.record_id and e.mode = k.mode`,
      values: columnsOf(places),
    })
    for (const { key, at } of rows) this.last.set(key, at.getTime())
  }

  /** A run that only waits to be judged isn't under way yet. */
  private async readLive(places: readonly Place[]): Promise<void> {
    if (places.length === 0) return
    const { rows } = await this.db.query<{ key: string; id: string }>({
      name: 'enrolments-live',
      text: `select ${KEY} as key, r.id ${FROM_PLACES}
        join runs_live r on r.workspace_id = k.workspace_id and r.record_id = k.record_id
          and r.automation_id = k.automation_id and r.mode = k.mode
        where r.state ->> 'unjudged' is null`,
      values: columnsOf(places),
    })
    for (const { key, id } of rows) this.live.set(key, (this.live.get(key) ?? new Set()).add(id))
  }

  /** Writes who was enrolled, in the transaction that writes the runs. */
  async write(): Promise<void> {
    if (this.added.size === 0) return
    const added = [...this.added.values()]
    await this.db.query({
      name: 'enrolments-write',
      text: `insert into enrolments (workspace_id, automation_id, record_id, mode, at, run_id)
        select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::uuid[])
        on conflict (workspace_id, automation_id, record_id, mode) do update set at = excluded.at, run_id = excluded.run_id`,
      values: [
        ...columnsOf(added),
        plainArray(added.map(({ atMs }) => new Date(atMs))),
        plainArray(added.map(({ runId }) => runId)),
      ],
    })
  }
}

const KEY = `k.workspace_id || ' ' || k.automation_id || ' ' || k.record_id || ' ' || k.mode`
const FROM_PLACES = `from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
  as k(workspace_id, automation_id, record_id, mode)`

function columnsOf(places: readonly Place[]): unknown[] {
  return [
    plainArray(places.map(({ workspaceId }) => workspaceId)),
    plainArray(places.map(({ automationId }) => automationId)),
    plainArray(places.map(({ recordId }) => recordId)),
    textArray(places.map(({ mode }) => mode)),
  ]
}

/** What a rule decides about; null: there is no rule, or no record that stays. */
function placeOf({ workspaceId, automationId, recordId, mode, compiled, event }: LiveRun): string | null {
  if (compiled?.document.enrolment === undefined || recordId === null || event.type === 'record.deleted') return null
  return `${workspaceId} ${automationId} ${recordId} ${mode}`
}
