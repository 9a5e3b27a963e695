import type { EventType, Trigger } from '@kantos/model'
import { type Client, query } from '../db/pool.ts'
import { type EventRow, eventOf } from '../events/row.ts'
import { idFloor } from '../log/filter.ts'

/** The stored events that a trigger could have meant. Ids are UUIDs, times epoch ms. */
export interface PastEvents {
  workspaceId: string
  automationId: string
  trigger: Trigger
  /** slug; null: the trigger isn't about records of one object */
  object: string | null
  from: number
  to: number
}

const COLUMNS = `id, workspace_id, type, object, record_id, at, source, actor, lane, automation_id, changes, after, payload,
  chain_id, depth, path`

/** Ids carry the time at which they were drawn, which is a little before the event's. */
const SLACK_MS = 60_000

/**
 * One page of the past, oldest first, read by key.
 *
 * @param after uuid of the last event read; null: from the beginning
 */
export async function readPastEvents(db: Client, wanted: PastEvents, after: string | null, limit: number) {
  const type = typeOf(wanted.trigger)
  const ofObject = type.startsWith('record.')
  const { rows } = await query<EventRow>(db, {
    name: ofObject ? 'backtest-events-of-object' : 'backtest-events-of-automation',
    text: `select ${COLUMNS} from events
      where workspace_id = $1 and id > $2 and id < $3 and at >= $4 and at < $5
        and ${ofObject ? 'object' : 'automation_id'} = $6 and type = $7
      order by id limit $8`,
    values: [
      wanted.workspaceId,
      after ?? idFloor(wanted.from - SLACK_MS),
      idFloor(wanted.to),
      new Date(wanted.from),
      new Date(wanted.to),
      ofObject ? wanted.object : wanted.automationId,
      type,
      limit,
    ],
  })
  return rows.map(eventOf)
}

/** The type of the events that a trigger means; all but those of records are written for one automation alone. */
function typeOf({ event }: Trigger): EventType {
  return event === 'field.changed' ? 'record.updated' : event
}
