import { errorKind, type FailureCause, publicId, type Run } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import { idFloor } from './filter.ts'

/** Causes looked at, whatever their age; a workspace with more has messages that we fail to tell from each other. */
const MOST_CAUSES = 5_000
/** Causes told of. */
const MOST_SHOWN = 100
/** Runs counted of one cause. */
const MOST_COUNTED = 10_000

interface CauseRow {
  cause: string
  id: string
  automation_id: string
  automation_name: string | null
  error: NonNullable<Run['error']>
  words: string | null
  last_at: Date
  first_at: Date
  runs: number
  retried: number
  enumerated: number
}

// One step in the index from each cause to the next, then its newest run: the cost grows with the causes and not with the
// failures, of which no more than MOST_COUNTED are counted each.
const CAUSES = `
  with recursive c as (
    (select cause from runs_failed where workspace_id = $1 and cause is not null order by cause limit 1)
    union all
    select (select r.cause from runs_failed r where r.workspace_id = $1 and r.cause > c.cause order by r.cause limit 1)
    from c where c.cause is not null
  ), known as (
    select cause from c where cause is not null limit ${MOST_CAUSES}
  ), newest as (
    select known.cause, n.* from known cross join lateral (
      select r.id, r.automation_id, r.error, r.finished_at from runs_failed r
      where r.workspace_id = $1 and r.cause = known.cause and r.id >= $2::uuid and r.id < $3::uuid
      order by r.id desc limit 1
    ) n
    where $4::uuid is null or n.automation_id = $4
    order by n.id desc limit ${MOST_SHOWN + 1}
  )
  select n.cause, n.id, n.automation_id, n.error, n.finished_at as last_at, failure_words(n.error ->> 'message') as words,
    (select a.name from automations a where a.workspace_id = $1 and a.id = n.automation_id) as automation_name,
    (select r.finished_at from runs_failed r
     where r.workspace_id = $1 and r.cause = n.cause and r.id >= $2::uuid and r.id < $3::uuid order by r.id limit 1) as first_at,
    (select count(*) from (select from runs_failed r
      where r.workspace_id = $1 and r.cause = n.cause and r.id >= $2::uuid and r.id < $3::uuid
      limit ${MOST_COUNTED + 1}) one)::int as runs,
    (select count(*) from (select from run_retries t
      where t.workspace_id = $1 and t.cause = n.cause and t.run_id >= $2::uuid and t.run_id < $3::uuid
      limit ${MOST_COUNTED + 1}) one)::int as retried,
    (select count(*) from known)::int as enumerated
  from newest n order by n.id desc`

/**
 * The failed live runs of a time, grouped by what went wrong; the cause that failed last comes first.
 *
 * @param times epoch ms of the runs' start, both inclusive
 * @param automationId uuid; null: of all
 * @returns `capped`: there are more causes than were looked at or are told
 * Source: SPEC.md, section 9
 */
export async function listCauses(
  db: Queryable,
  workspaceId: string,
  times: { from: number; to: number },
  automationId: string | null,
): Promise<{ causes: FailureCause[]; capped: boolean }> {
  const { rows } = await query<CauseRow>(db, {
    name: 'log-causes',
    text: CAUSES,
    values: [workspaceId, idFloor(times.from), idFloor(times.to + 1), automationId],
  })
  const causes = rows.slice(0, MOST_SHOWN).map((row): FailureCause => {
    const { code, kind = errorKind(code), step_key: stepKey } = row.error
    const cause: FailureCause = {
      key: publicId('cause', row.cause),
      automation_id: publicId('automation', row.automation_id),
      automation_name: row.automation_name ?? '',
      step_key: stepKey ?? null,
      code,
      cause: row.words ?? '',
      kind,
      runs: Math.min(row.runs, MOST_COUNTED),
      retried: Math.min(row.retried, MOST_COUNTED),
      first_at: row.first_at.toISOString(),
      last_at: row.last_at.toISOString(),
      sample_run_id: publicId('run', row.id),
    }
    if (row.runs > MOST_COUNTED) cause.capped = true
    return cause
  })
  return { causes, capped: rows.length > MOST_SHOWN || (rows[0]?.enumerated ?? 0) === MOST_CAUSES }
}
