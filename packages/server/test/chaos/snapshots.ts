import type pg from 'pg'
import type { Violation } from './check.ts'

/** I8: remembers the runs that had ended, as they lay in the table, and whether they still lie there unchanged. */
export interface Snapshots {
  /** what is waiting to be taken up now, for the line of progress */
  backlog(): Promise<string>
  take(): Promise<void>
  /** @returns how many were compared, and a violation for each that isn't what it was */
  compare(): Promise<{ compared: number; violations: Violation[] }>
}

export function createSnapshots(db: pg.Pool): Snapshots {
  const known = new Map<string, string>()
  // the transaction that wrote a row, and where it lies: both change with any update
  const read = async () =>
    (
      await db.query<{ id: string; written: string }>(
        `select id, xmin::text || ' ' || ctid::text || ' ' || tableoid::text as written from runs where class <> 'live'`,
      )
    ).rows
  return {
    backlog: async () => {
      const { rows } = await db
        .query<{ events: number; due: number; suspect: number }>(
          `select (select count(*) from outbox)::int as events,
             (select count(*) from runs_live where due_at < now())::int as due,
             ((select count(*) from runs_live where tries > 0) + (select count(*) from outbox where tries > 0))::int as suspect`,
        )
        .catch(() => ({ rows: [] }))
      const [now] = rows
      return now === undefined ? 'away' : `waiting ${now.events}+${now.due} (${now.suspect} suspect)`
    },
    take: async () => {
      // PostgreSQL may be away
      for (const { id, written } of await read().catch(() => [])) if (!known.has(id)) known.set(id, written)
    },
    compare: async () => {
      const violations: Violation[] = []
      const now = new Map((await read()).map(({ id, written }) => [id, written]))
      for (const [id, written] of known)
        if (now.get(id) !== written)
          violations.push({ what: 'changed', detail: `the ended run ${id} was ${written} and is ${now.get(id)}` })
      return { compared: known.size, violations }
    },
  }
}
