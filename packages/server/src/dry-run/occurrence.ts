import type { ObjectDefinition } from '@kantos/model'
import { playChange, playTriggerChange } from './change.ts'
import { playDate } from './date.ts'
import { readPastEvent } from './past-event.ts'
import { readSample, take } from './record.ts'
import type { Setting } from './setting.ts'
import { playTick } from './tick.ts'
import { happened, type Occurrence, told } from './told.ts'
import { refuse } from './tried.ts'

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
  else if (trigger.event === 'schedule') occurrence = await playTick(setting, trigger)
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
  if (trigger.event === 'date.reached') return playDate(setting, trigger, row)
  if (trigger.event === 'record.created') return told(setting, 'record.created', cause.source, row, null)
  return told(setting, 'manual', 'manual', row, null)
}

/** Names of headers come in lower case. */
function callOf({ body, headers = {}, query = {} }: NonNullable<Setting['request']['webhook']>) {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return { body: body ?? null, headers: Object.fromEntries(lower) as Record<string, string>, query }
}
