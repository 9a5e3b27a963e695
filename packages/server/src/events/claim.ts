import type { CrmEvent } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import { type EventRow, eventOf } from './row.ts'

/** An outbox row this transaction holds, with its event. */
export interface ClaimedEvent {
  seq: number
  /** how often its worker died on it */
  tries: number
  /** the latest earlier row of the same record, committed or not taken yet */
  previousSeq: number | null
  /** a waiting run watches the record */
  watched: boolean
  event: CrmEvent
}

interface Row extends EventRow {
  seq: number
  tries: number
  prev: number | null
  watched: boolean
}

const COLUMNS = `
  p.seq, p.tries, p.workspace_id, p.lane,
  (select x.seq from outbox x where x.workspace_id = p.workspace_id and x.record_id = p.record_id and x.seq < p.seq
   order by x.seq desc limit 1) as prev,
  (select w.id from runs_live w where w.workspace_id = p.workspace_id and w.record_id = p.record_id and w.watches limit 1)
    is not null as watched,
  e.id, e.type, e.object, e.record_id, e.at, e.source, e.actor, e.automation_id, e.changes, e.after, e.payload,
  e.chain_id, e.depth, e.path`

// A plan may be kept from when the tables were empty, and must do when they are full: each event is found by its key (`offset 0` keeps the join
// from becoming a look at all events for each row, with which a claim took a second), and a lane is read in the order of its index, not sorted.
const OF_EVENT = `cross join lateral (
    select * from events where workspace_id = p.workspace_id and id = p.event_id offset 0
  ) e`

// The workspaces that have rows and aren't on hold, by a loose index scan; an equal share for each, so that a flood of one leaves the others
// their place. The predecessor is a scalar subquery: as `not exists` it is planned as a scan of the whole outbox.
const CLAIM = `
  with recursive waiting as (
    (select workspace_id from outbox order by workspace_id limit 1)
    union all
    select (select o.workspace_id from outbox o where o.workspace_id > w.workspace_id order by o.workspace_id limit 1)
    from waiting w where w.workspace_id is not null
  ), going as (
    select workspace_id from waiting w where w.workspace_id is not null
      and (select h.workspace_id from holds h where h.workspace_id = w.workspace_id) is null
  ), share as (
    select greatest(1, $1 / greatest(1, count(workspace_id)))::int as n from going
  ), p as materialized (
    select o.* from going w cross join lateral (
      select r.* from (values (0::smallint), (1::smallint), (2::smallint)) as lanes(lane) cross join lateral (
        select seq, workspace_id, lane, record_id, event_id, tries from outbox
        where workspace_id = w.workspace_id and lane = lanes.lane order by seq limit (select n from share) for update skip locked
      ) r
      limit (select n from share)
    ) o
  )
  select ${COLUMNS} from p ${OF_EVENT}
  order by p.lane, p.seq`

const CLAIM_EARLIER = `
  with p as materialized (
    select o.seq, o.workspace_id, o.lane, o.record_id, o.event_id, o.tries
    from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as later(workspace_id, record_id, seq)
    join outbox o on o.workspace_id = later.workspace_id and o.record_id = later.record_id and o.seq < later.seq
    order by o.seq limit 500 for update of o skip locked
  )
  select ${COLUMNS} from p ${OF_EVENT}`

/**
 * Claims committed events for this transaction. Two relays can't both claim one: `for update skip locked`. A row is only
 * taken when its record's earlier rows are taken by nobody else: earlier ones that lie in a slower lane are pulled in,
 * those that another relay holds leave theirs where they are. So no two relays turn one record's events round.
 *
 * @param limit rows at most, shared equally by the workspaces that have any; with 1, the one that is next
 * @returns in the order to be taken up; `left` counts rows that were seen but must wait for another relay
 */
export async function claimEvents(db: Queryable, limit: number): Promise<{ claimed: ClaimedEvent[]; left: number }> {
  const { rows } = await db.query<Row>({ name: 'outbox-claim', text: CLAIM, values: [limit] })
  if (rows.length === 0) return { claimed: [], left: 0 }
  const bySeq = new Map<number, ClaimedEvent>()
  for (const row of rows) bySeq.set(row.seq, toClaimed(row))
  for (let round = 0; round < 3; round++) {
    const lacking = [...bySeq.values()].filter(({ previousSeq }) => previousSeq !== null && !bySeq.has(previousSeq))
    if (lacking.length === 0) break
    const earlier = await db.query<Row>({
      name: 'outbox-claim-earlier',
      text: CLAIM_EARLIER,
      values: [
        lacking.map(({ event }) => event.workspaceId),
        lacking.map(({ event }) => event.recordId),
        lacking.map(({ seq }) => seq),
      ],
    })
    const before = bySeq.size
    for (const row of earlier.rows) if (!bySeq.has(row.seq)) bySeq.set(row.seq, toClaimed(row))
    if (bySeq.size === before) break
  }
  const inOrder = [...bySeq.values()].toSorted((a, b) => a.seq - b.seq)
  const taken = new Set<number>()
  const claimed = inOrder.filter(({ seq, previousSeq }) => {
    if (previousSeq !== null && !taken.has(previousSeq)) return false
    taken.add(seq)
    return true
  })
  // a workspace each may be more than asked for, and so may what was pulled in
  const taking = byLane(claimed).slice(0, limit)
  return { claimed: taking, left: inOrder.length - taking.length }
}

/** Faster lanes first, yet never a record's later event before its earlier one. */
function byLane(claimed: ClaimedEvent[]): ClaimedEvent[] {
  const lanes = new Map<number, number>()
  for (const entry of claimed.toReversed()) {
    const own = Math.min(lanes.get(entry.seq) ?? 2, entry.event.lane)
    lanes.set(entry.seq, own)
    if (entry.previousSeq !== null) lanes.set(entry.previousSeq, Math.min(lanes.get(entry.previousSeq) ?? 2, own))
  }
  return claimed.toSorted((a, b) => lanes.get(a.seq)! - lanes.get(b.seq)! || a.seq - b.seq)
}

function toClaimed(row: Row): ClaimedEvent {
  return {
    seq: row.seq,
    tries: row.tries,
    previousSeq: row.prev,
    watched: row.watched,
    event: eventOf(row),
  }
}

/**
 * Gives up the right to start runs, in the transaction that writes them.
 *
 * @throws Error when fewer rows are there than were claimed; the transaction must not commit then
 */
export async function deleteClaimed(db: Queryable, seqs: readonly number[]): Promise<void> {
  if (seqs.length === 0) return
  const { rowCount } = await db.query({
    name: 'outbox-delete',
    text: 'delete from outbox where seq = any($1::bigint[])',
    values: [seqs],
  })
  if (rowCount !== seqs.length) throw new Error(`${seqs.length} events were claimed, ${rowCount} were there to delete.`)
}
