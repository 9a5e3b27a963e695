import { query, type Queryable } from '../db/pool.ts'
import { classOf } from './row.ts'
import type { LiveRun } from './live-run.ts'

/** Each key once: workspaces and serial keys as two arrays. */
const KEYS = '(select distinct * from unnest($1::uuid[], $2::text[]) as t(workspace_id, serial_key))'

/** The turns of serial automations: one run of a record at a time. */
export interface Turns {
  /** a live run of the same automation and record goes first */
  taken(run: LiveRun): boolean
  /** that run, or one that is just being queued, is in another transaction's hands, so who goes first can't be told now */
  contested(run: LiveRun): boolean
  take(run: LiveRun): void
}

/**
 * Keeps events from starting runs of serial automations until the transaction ends: what it is about to queue isn't seen
 * by a batch before that. It waits for the batches that are starting some.
 */
export async function holdStarts(db: Queryable, runs: readonly LiveRun[]): Promise<void> {
  await query(db, {
    name: 'turns-hold-starts',
    text: 'select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest($1::text[]) as t(name)',
    values: [startNames(runs)],
  })
}

/** What stands for the starts of each run's automation, sorted, so that two that hold several never wait crosswise. */
function startNames(runs: readonly LiveRun[]): string[] {
  return [...new Set(runs.map(startName))].toSorted()
}

const startName = ({ workspaceId, automationId }: LiveRun) => `start ${workspaceId} ${automationId}`

/**
 * Looks who is at turn, locking the live runs that are. Their end can't be missed then: who ends one locks its row first
 * and looks for the successor in a later statement, so either it sees our queued run, or we see that it has ended.
 */
export async function occupiedTurns(db: Queryable, runs: readonly LiveRun[]): Promise<Turns> {
  const taken = new Set<string>()
  const contested = new Set<string>()
  const keyOf = (run: LiveRun) => (run.serialKey === null ? null : `${run.workspaceId} ${run.serialKey}`)
  const turns: Turns = {
    taken: (run) => taken.has(keyOf(run) ?? ''),
    contested: (run) => contested.has(keyOf(run) ?? ''),
    take: (run) => {
      const key = keyOf(run)
      if (key !== null) taken.add(key)
    },
  }
  const serial = runs.filter((run) => run.serialKey !== null)
  if (serial.length === 0) return turns
  // somebody is queueing runs of the automation: theirs can't be seen yet
  const held = await db.query<{ name: string; free: boolean }>({
    name: 'turns-starts',
    text: `select name, pg_try_advisory_xact_lock_shared(hashtextextended(name, 0)) as free
      from unnest($1::text[]) as t(name)`,
    values: [startNames(serial)],
  })
  const busy = new Set(held.rows.filter(({ free }) => !free).map(({ name }) => name))
  for (const run of serial) if (busy.has(startName(run))) contested.add(keyOf(run)!)
  const values = [serial.map((run) => run.workspaceId), serial.map((run) => run.serialKey)]
  const from = (lock: string) => `from ${KEYS} k cross join lateral (
      select id, workspace_id, serial_key from runs_live
      where workspace_id = k.workspace_id and serial_key = k.serial_key order by id ${lock}
    ) r`
  const locked = await db.query<{ id: string }>({
    name: 'turns-lock',
    text: `select r.id ${from('for update skip locked')}`,
    values,
  })
  const present = await db.query<{ id: string; key: string }>({
    name: 'turns-present',
    text: `select r.id, r.workspace_id || ' ' || r.serial_key as key ${from('')}`,
    values,
  })
  const mine = new Set(locked.rows.map((row) => row.id))
  for (const { id, key } of present.rows) (mine.has(id) ? taken : contested).add(key)
  return turns
}

/**
 * Wakes the oldest run that waits for its turn, of each key that nobody is at turn for. Each key is looked up by itself and its run found by its place,
 * also by a plan from when the tables were empty: a join with all runs that wait took 16 s for 500 keys. A run that somebody else changes meanwhile
 * moves to another place and is left to him, or to the next sweep.
 *
 * @param keys what gives `workspace_id` and `serial_key`, each pair once
 */
const wakeNext = (keys: string) => `
  update runs_live r set due_at = clock_timestamp(), wait_reason = 'queued', rev = r.rev + 1
  from ${keys} k cross join lateral (
    select x.ctid, x.workspace_id, x.id from runs_live x
    where x.workspace_id = k.workspace_id and x.serial_key = k.serial_key and x.wait_reason = 'turn'
    order by x.id limit 1
  ) next
  where r.ctid = next.ctid and r.workspace_id = next.workspace_id and r.id = next.id and r.wait_reason = 'turn'
    and (select y.id from runs_live y
      where y.workspace_id = k.workspace_id and y.serial_key = k.serial_key and y.wait_reason <> 'turn'
      order by y.id limit 1) is null`

/** Hands the turn of each serial run that has ended to its successor, the oldest one queued. */
export async function passTurns(db: Queryable, runs: readonly LiveRun[]): Promise<void> {
  const ended = runs.filter((run) => run.serialKey !== null && run.rev !== null && classOf(run.status) !== 'live')
  if (ended.length === 0) return
  await db.query({
    name: 'turns-pass',
    text: wakeNext(KEYS),
    values: [ended.map((run) => run.workspaceId), ended.map((run) => run.serialKey)],
  })
}

/** Wakes turns that nobody holds: the safety net below `passTurns`. */
export async function sweepTurns(db: Queryable): Promise<void> {
  await db.query({
    name: 'turns-sweep',
    // the keys one after another, by their index
    text: `
      with recursive keys as (
        (select workspace_id, serial_key from runs_live where serial_key is not null
         order by workspace_id, serial_key limit 1)
        union all
        select n.* from keys k cross join lateral (
          select workspace_id, serial_key from runs_live
          where serial_key is not null and (workspace_id, serial_key) > (k.workspace_id, k.serial_key)
          order by workspace_id, serial_key limit 1
        ) n
      )${wakeNext('keys')}`,
  })
}
