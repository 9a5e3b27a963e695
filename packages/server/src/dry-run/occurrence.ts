import { type CrmEvent, type ObjectDefinition, publicId, type Source } from '@kantos/model'
import type { NewEvent } from '../events/outbox.ts'
import { findRecords } from '../records/query.ts'
import type { RecordRow } from '../records/write-batch.ts'
import { renderFilters } from '../schedules/fan-out.ts'
import { playChange, playTriggerChange } from './change.ts'
import { readPastEvent } from './past-event.ts'
import { readSample, take } from './record.ts'
import type { Setting } from './setting.ts'
import { refuse } from './tried.ts'

/** What is said to happen. */
export interface Occurrence {
  event: CrmEvent
  /** it is in no table */
  invented: boolean
  /** why nothing starts, though the event may fit the trigger; null: nothing is in the way */
  why: string | null
}

/**
 * The event that a dry run starts with: a past one, or one that is invented to fit the trigger, on the record that was
 * chosen, with the change that was asked for. What it writes is in the setting's memory, as if it had just happened.
 *
 * @throws ApiError for a request that doesn't fit the automation
 */
export async function occur(setting: Setting): Promise<Occurrence> {
  const { request, tried, object, writes } = setting
  const { trigger } = tried.document
  refuseContradictions(setting)
  let occurrence: Occurrence
  if (request.event_id !== undefined) occurrence = await readPastEvent(setting, request.event_id)
  else if (trigger.event === 'webhook.received')
    occurrence = told(setting, 'webhook.received', 'webhook', null, { webhook: callOf(request.webhook ?? {}) })
  else if (trigger.event === 'schedule') occurrence = await tick(setting, trigger)
  else if (object === null) refuse('/automation/trigger/object', 'The object of the trigger is gone.')
  else occurrence = await onRecord(setting, object)
  // what was assumed isn't what the run writes
  writes.takeEvents()
  return occurrence
}

function refuseContradictions({ request, tried, object }: Setting): void {
  const { event } = tried.document.trigger
  const given = (['record_id', 'record', 'event_id'] as const).filter((name) => request[name] !== undefined)
  if (given.length > 1) refuse(`/${given[1]}`, `Give one of ${given.join(', ')}.`)
  if (request.event_id !== undefined && request.changes !== undefined)
    refuse('/changes', 'A past event has its own changes.', 'give record_id instead of event_id')
  if (request.webhook !== undefined && event !== 'webhook.received')
    refuse('/webhook', 'The automation is not started by a webhook.')
  if (object !== null || (event !== 'webhook.received' && event !== 'schedule')) return
  for (const name of ['record_id', 'record', 'changes'] as const)
    if (request[name] !== undefined)
      refuse(
        `/${name}`,
        `The automation is not started by a record, but by ${event === 'schedule' ? 'its schedule' : 'a webhook'}.`,
      )
}

async function onRecord(setting: Setting, object: ObjectDefinition): Promise<Occurrence> {
  const { workspace, writes, request, tried, cause } = setting
  const { trigger } = tried.document
  const sample = await readSample(setting, object)
  if (trigger.event === 'record.updated' || trigger.event === 'field.changed') {
    writes.takeEvents()
    if (request.changes !== undefined) await playChange(setting, object, sample, request.changes)
    else if (trigger.event === 'field.changed') await playTriggerChange(setting, object, sample, trigger)
    else {
      setting.notes.push('No change was given, so nothing of the record has changed.')
      return told(setting, 'record.updated', cause.source, sample, null)
    }
    const [event] = writes.takeEvents()
    if (event !== undefined) return happened(setting, event)
    const unchanged = told(setting, 'record.updated', cause.source, (await take(setting, sample.id))!, null)
    return { ...unchanged, why: 'The record has these values already, so nothing changes and nothing starts.' }
  }
  const row = request.changes === undefined ? sample : await playChange(setting, object, sample, request.changes)
  if (trigger.event === 'record.deleted') {
    writes.takeEvents()
    await writes.remove(workspace.catalogue, row.id, cause)
    const deletion = writes.takeEvents().find((event) => event.type === 'record.deleted' && event.recordId === row.id)
    return happened(setting, deletion!)
  }
  if (trigger.event === 'record.created') return told(setting, 'record.created', cause.source, row, null)
  return told(setting, 'manual', 'manual', row, null)
}

/** A tick now; with an object, for one record that the schedule's filters let through. */
async function tick(
  setting: Setting,
  trigger: Extract<Setting['tried']['document']['trigger'], { event: 'schedule' }>,
): Promise<Occurrence> {
  const { client, workspaceId, writes, object, request, nowMs } = setting
  const timezone = trigger.timezone ?? 'UTC'
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

/** Names of headers come in lower case. */
function callOf({ body, headers = {}, query = {} }: NonNullable<Setting['request']['webhook']>) {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return { body: body ?? null, headers: Object.fromEntries(lower) as Record<string, string>, query }
}

function happened({ nowMs }: Setting, event: NewEvent): Occurrence {
  return { event: { ...event, at: new Date(nowMs) }, invented: true, why: null }
}

/** An event that no write makes. */
function told(
  { workspaceId, tried, cause, nowMs, newId }: Setting,
  type: CrmEvent['type'],
  source: Source,
  row: RecordRow | null,
  payload: CrmEvent['payload'],
): Occurrence {
  const id = newId()
  const event: CrmEvent = {
    id,
    workspaceId,
    type,
    object: row?.object ?? null,
    recordId: row?.id ?? null,
    at: new Date(nowMs),
    source,
    actor: type === 'schedule' || type === 'webhook.received' ? null : cause.actor,
    lane: 1,
    automationId: type === 'schedule' || type === 'webhook.received' || type === 'manual' ? tried.id : null,
    changes: type === 'record.updated' ? {} : null,
    after: row?.data ?? null,
    payload,
    chain: { id, depth: 0, path: [] },
  }
  return { event, invented: true, why: null }
}
