import type { CrmEvent, DateTrigger } from '@kantos/model'
import { type Alarm, alarmFor } from './alarms.ts'

/** An active automation with the trigger date.reached. */
export interface DatedAutomation {
  id: string
  trigger: DateTrigger
  /** IANA name: the trigger's, else the workspace's */
  timezone: string
  /** epoch ms */
  activatedAt: number
}

/**
 * What the events of records change about the dates that automations wait for.
 *
 * What was written before an automation's activation is left to the backfill, which sees it: an event of then may be older than what
 * the backfill saw.
 *
 * @param events in the order of their writes within a record
 * @param dated the automations that follow dates of an object
 */
export function alarmsOf(
  events: readonly CrmEvent[],
  dated: (workspaceId: string, object: string) => readonly DatedAutomation[],
): Alarm[] {
  return events.flatMap((event) => {
    const { workspaceId, object, recordId, type, changes, after } = event
    if (object === null || recordId === null || !type.startsWith('record.')) return []
    const at = event.at.getTime()
    return dated(workspaceId, object).flatMap(({ id, trigger, timezone, activatedAt }) => {
      if (activatedAt > at) return []
      if (type === 'record.updated' && changes?.[trigger.field] === undefined) return []
      const value = type === 'record.deleted' ? null : after?.[trigger.field]
      return [alarmFor({ workspaceId, automationId: id, recordId }, trigger, timezone, value, at)]
    })
  })
}
