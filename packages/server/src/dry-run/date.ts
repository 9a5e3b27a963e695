import { type DateTrigger, fieldName, nextReached } from '@kantos/model'
import { zoneOfTrigger } from '../dates/alarms.ts'
import { datePayload } from '../dates/fire.ts'
import type { RecordRow } from '../records/row.ts'
import type { Setting } from './setting.ts'
import { defaultZone } from './tick.ts'
import { type Occurrence, told } from './told.ts'

const EARLIEST_MS = -8.64e15

/** A record's date, as if it were reached now; whether it will be is said beside it. */
export async function playDate(setting: Setting, trigger: DateTrigger, row: RecordRow): Promise<Occurrence> {
  const { nowMs, notes, object } = setting
  const zone = zoneOfTrigger(trigger, await defaultZone(setting))
  const value = row.data[trigger.field]
  const next = nextReached(trigger, zone, value, nowMs)
  const reached = next ?? nextReached(trigger, zone, value, EARLIEST_MS)
  if (reached === null) {
    const nothing = told(setting, 'date.reached', 'schedule', row, null)
    return {
      ...nothing,
      why: `The record has no date in ${fieldName(object, trigger.field)}, so it is never reached.`,
    }
  }
  const at = new Date(reached.dueAt).toISOString()
  notes.push(
    next === null
      ? `The date was reached at ${at}, which has passed, so a live run would not start any more.`
      : `The date is reached at ${at}; here it is as if that were now.`,
  )
  return told(setting, 'date.reached', 'schedule', row, datePayload(trigger.field, reached, zone))
}
