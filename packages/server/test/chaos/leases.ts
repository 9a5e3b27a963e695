import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Happened } from './faults.ts'
import { repeat, type Repeated } from './repeat.ts'

const EVERY_MS = 400

/** Who held which lease, as far as it was seen. */
export interface Leases extends Repeated {
  /** the process that held the lease under which an attempt began; null: nobody saw it */
  ownerOf(runId: string, leasedAt: string): number | null
}

/** Looks again and again which process has leased which effect, so that a takeover can be counted from what befell that very process. */
export function watchLeases(db: pg.Pool): Leases {
  const pids = new Map<string, number>()
  const owners = new Map<string, number>()
  const look = async () => {
    const { rows: workers } = await db.query<{ id: string; name: string }>('select id, name from workers')
    for (const { id, name } of workers) pids.set(id, Number(name.split(':').at(-1)))
    const { rows } = await db.query<{ id: string; lease_by: string; leased_at: string }>(
      `select id, lease_by, state::jsonb #>> '{open,leasedAt}' as leased_at from runs_live where lease_by is not null`,
    )
    for (const { id, lease_by, leased_at } of rows) {
      const pid = pids.get(lease_by)
      if (pid !== undefined) owners.set(`${id} ${leased_at}`, pid)
    }
  }
  const looking = repeat(async () => {
    await look().catch(() => {})
    await delay(EVERY_MS)
  })
  return {
    ownerOf: (runId, leasedAt) => owners.get(`${runId} ${leasedAt}`) ?? null,
    stop: looking.stop,
  }
}

/** A takeover: how long after its worker was harmed another had its effect. */
export interface Takeover {
  run: string
  step: string
  ms: number
  /** what befell the worker; null: nothing did that is known of, so it is counted from the first fault after the attempt began */
  fault: Happened | null
}

/** Counts a takeover from the last thing that befell the lease's owner before it. */
export function takeoverOf(
  attempt: { started_at: string; finished_at: string },
  about: { runId: string; run: string; step: string },
  leases: Leases | null,
  happened: readonly Happened[],
): Takeover {
  const began = Date.parse(attempt.started_at)
  const ended = Date.parse(attempt.finished_at)
  const owner = leases?.ownerOf(about.runId, attempt.started_at) ?? null
  const own =
    owner === null
      ? undefined
      : happened.findLast(({ kind, pid, at }) => pid === owner && kind !== 'throw' && at <= ended)
  const at = own?.at ?? happened.find((fault) => fault.at >= began)?.at ?? began
  // a worker that was harmed before it began lost its lease from the beginning
  const ms = Math.max(0, ended - Math.min(Math.max(at, began), ended))
  return { run: about.run, step: about.step, ms, fault: own ?? null }
}
