import { objectSlug } from '@kantos/model'
import { BEFORE_ALL } from '../db/before-all.ts'
import { type Client, type Pool, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { failpoint } from '../failpoints.ts'
import { alarmFor, setAlarms } from './alarms.ts'
import { readFollowed } from './followed.ts'

const CHUNK = 1_000
const DROP_CHUNK = 10_000
const BUDGET_MS = 5_000

interface Busy {
  workspaceId: string
  automationId: string
  since: number
  state: 'filling' | 'dropping'
  cursor: string | null
  untilId: string | null
  total: number | null
  xmin: number
  xmax: number
}

const CLAIM = `
  select t.workspace_id as "workspaceId", t.automation_id as "automationId", t.state, t.cursor, t.until_id as "untilId",
    t.total, (extract(epoch from t.since) * 1000)::float8 as since,
    pg_snapshot_xmin(pg_current_snapshot())::text::float8 as xmin, pg_snapshot_xmax(pg_current_snapshot())::text::float8 as xmax
  from date_triggers t
  where t.state <> 'ready' and (select h.workspace_id from holds h where h.workspace_id = t.workspace_id) is null
  order by t.touched_at limit 1 for update of t skip locked`

/** The records that come next are locked against changes, so that an alarm is never older than what the relay set. */
const RECORDS = `
  select id, data ->> $5 as value from records
  where workspace_id = $1 and object = $2 and id > $3 and id <= $4 order by id limit ${CHUNK} for share`

/** For each activation the first transaction that began after it, as this worker saw it. */
const fences = new Map<string, number>()

/**
 * Takes automations that were activated through the records that were there, and those that were deactivated through their alarms, chunk by
 * chunk and by turns. Each chunk is a transaction that also says where the next one begins, so that a crash costs at most one,
 * and two workers can't both take it (`skip locked`).
 *
 * It begins when every transaction that may not have seen the activation has ended: what those wrote is read here, what later ones
 * write comes by its event.
 *
 * @returns records gone through, and alarms dropped
 */
export async function fillDates(pool: Pool): Promise<number> {
  const began = performance.now()
  let total = 0
  for (;;) {
    const done = await transaction(pool, fillOnce)
    if (done === null) return total
    total += done
    if (performance.now() - began > BUDGET_MS) return total
  }
}

/** One chunk. @returns null when there is nothing to do, or nothing yet */
export async function fillOnce(client: Client): Promise<number | null> {
  const { rows } = await query<Busy>(client, { name: 'dates-busy', text: CLAIM })
  const [busy] = rows
  if (busy === undefined) return null
  if (busy.state === 'dropping') return dropChunk(client, busy)
  const followed = (await readFollowed(client, [busy])).get(busy.automationId)
  if (followed === undefined) {
    await mark(client, busy, { state: 'dropping' })
    return 0
  }
  const { workspaceId, automationId, since } = busy
  const { trigger, zone } = followed
  const object = objectSlug(trigger.object)
  let { untilId, total } = busy
  if (untilId === null) {
    if (!mayBegin(busy)) {
      await mark(client, busy, { state: 'filling' })
      return null
    }
    const { rows: found } = await query<{ newest: string | null; total: number }>(client, {
      name: 'dates-extent',
      text: `select (select id from records where workspace_id = $1 and object = $2 order by id desc limit 1) as newest,
          (select count(*)::int from records where workspace_id = $1 and object = $2) as total`,
      values: [workspaceId, object],
    })
    untilId = found[0]!.newest ?? BEFORE_ALL
    total = found[0]!.total
  }
  const { rows: records } = await query<{ id: string; value: string | null }>(client, {
    name: 'dates-records',
    text: RECORDS,
    values: [workspaceId, object, busy.cursor ?? BEFORE_ALL, untilId, trigger.field],
  })
  await setAlarms(
    client,
    records.map(({ id, value }) => alarmFor({ workspaceId, automationId, recordId: id }, trigger, zone, value, since)),
  )
  failpoint('date_fill')
  const ends = records.length < CHUNK
  await mark(client, busy, {
    state: ends ? 'ready' : 'filling',
    cursor: records.at(-1)?.id ?? busy.cursor,
    untilId,
    total,
    seen: records.length,
  })
  return records.length
}

/** Whether every transaction that was under way when this was asked first has ended. */
function mayBegin({ workspaceId, automationId, since, xmin, xmax }: Busy): boolean {
  const key = `${workspaceId} ${automationId} ${since}`
  const fence = fences.get(key)
  if (fence === undefined) fences.set(key, xmax)
  if (fence === undefined || xmin < fence) return false
  fences.delete(key)
  return true
}

async function mark(
  client: Client,
  { workspaceId, automationId }: Busy,
  to: { state: string; cursor?: string | null; untilId?: string; total?: number | null; seen?: number },
): Promise<void> {
  await query(client, {
    name: 'dates-mark',
    text: `update date_triggers set state = $3, cursor = $4, until_id = $5, total = $6, seen = seen + $7,
        touched_at = clock_timestamp() where workspace_id = $1 and automation_id = $2`,
    values: [
      workspaceId,
      automationId,
      to.state,
      to.cursor ?? null,
      to.untilId ?? null,
      to.total ?? null,
      to.seen ?? 0,
    ],
  })
}

async function dropChunk(client: Client, busy: Busy): Promise<number> {
  const of = [busy.workspaceId, busy.automationId]
  const { rowCount } = await query(client, {
    name: 'dates-drop',
    text: `delete from date_alarms where (workspace_id, automation_id, record_id) in (
        select workspace_id, automation_id, record_id from date_alarms where workspace_id = $1 and automation_id = $2
        limit ${DROP_CHUNK} for update skip locked)`,
    values: of,
  })
  failpoint('date_fill')
  if (rowCount === DROP_CHUNK) await mark(client, busy, { state: 'dropping' })
  else
    await query(client, {
      text: 'delete from date_triggers where workspace_id = $1 and automation_id = $2',
      values: of,
    })
  return rowCount ?? 0
}
