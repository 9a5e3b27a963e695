import { ExpressionError, publicId, type Trigger } from '@kantos/model'
import { findRecords } from '../records/query.ts'
import { renderFilters } from '../schedules/fan-out.ts'
import { inZone } from '../schedules/next.ts'
import { playChange } from './change.ts'
import { readSample } from './record.ts'
import type { Setting } from './setting.ts'
import { type Occurrence, told } from './told.ts'

type ScheduleTrigger = Extract<Trigger, { event: 'schedule' }>

/** A tick now; with an object, for one record: the chosen one, else the first that the schedule would take up. */
export async function playTick(setting: Setting, trigger: ScheduleTrigger): Promise<Occurrence> {
  try {
    return await tickOn(setting, trigger)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const failed = told(setting, 'schedule', 'schedule', null, null)
    return { ...failed, why: `The schedule’s filters can’t be worked out: ${error.message}` }
  }
}

async function tickOn(setting: Setting, trigger: ScheduleTrigger): Promise<Occurrence> {
  const { client, workspaceId, writes, object, request, nowMs } = setting
  const { timezone } = inZone(trigger, await defaultZone(setting))
  const payload = { tick: { at: new Date(nowMs).toISOString(), timezone } }
  if (object === null) return told(setting, 'schedule', 'schedule', null, payload)
  const filters = renderFilters(trigger.filters ?? {}, timezone, nowMs)
  const search = (more: object) =>
    findRecords(client, workspaceId, object, {
      filters: { ...more, $or: [filters] },
      sort: 'id',
      limit: 1,
      overlay: writes.overlay(workspaceId, object.slug),
    })
  let chosen = request.record_id
  if (chosen === undefined && request.record === undefined) {
    const [first] = await search({})
    if (first === undefined) {
      const nothing = told(setting, 'schedule', 'schedule', null, payload)
      return { ...nothing, why: `No record of ${object.name} passes the schedule’s filters.` }
    }
    chosen = publicId('record', first.id)
    setting.notes.push(`The first record that the schedule takes up was taken: ${chosen}.`)
  }
  let row = await readSample(setting, object, chosen)
  if (request.changes !== undefined) row = await playChange(setting, object, row, request.changes)
  const occurrence = told(setting, 'schedule', 'schedule', row, payload)
  const passes = (await search({ id: publicId('record', row.id) })).length > 0
  return passes ? occurrence : { ...occurrence, why: 'The schedule’s filters leave this record out.' }
}

/** The workspace's own time zone; null: none is set. */
export async function defaultZone({ client, workspaceId }: Setting): Promise<string | null> {
  const { rows } = await client.query<{ zone: string | null }>({
    text: `select settings ->> 'default_timezone' as zone from workspaces where id = $1`,
    values: [workspaceId],
  })
  return rows[0]?.zone ?? null
}
