import { type FieldValues, publicId, recordView, type RunView, uuidOf, valuesBefore } from '@kantos/model'
import { viewOf } from '../steps/apply.ts'
import type { Batch } from './batch.ts'
import type { LiveRun } from './live-run.ts'

/** What a run can read in this batch: its event, and records as the batch leaves them. */
export function viewOfRun(batch: Pick<Batch, 'writes' | 'actors'>, run: LiveRun, nowMs: number): RunView {
  const { event, workspaceId } = run
  const recordId = run.recordId === null ? null : publicId('record', run.recordId)
  const now = new Date(nowMs).toISOString()
  const zone = event.payload?.tick?.timezone
  let after: RunView['after'] | undefined
  let previous: RunView['previous'] | undefined
  const row = () => (run.recordId === null ? null : batch.writes.get(workspaceId, run.recordId))
  const viewAt = (data: FieldValues) => {
    const current = row()
    return recordView({
      id: recordId ?? '',
      data,
      createdAt: current?.createdAt ?? (event.type === 'record.created' ? new Date(event.at) : null),
      updatedAt:
        event.type === 'manual' || event.type === 'schedule' ? (current?.updatedAt ?? null) : new Date(event.at),
      createdBy: current?.createdBy ?? (event.type === 'record.created' ? event.actor : null),
    })
  }
  return {
    now,
    today: zone === undefined ? now.slice(0, 10) : localDate(nowMs, zone),
    recordId,
    object: event.object,
    event: { id: run.eventId === null ? '' : publicId('event', run.eventId), type: event.type, at: event.at },
    get after() {
      after ??= event.after === null ? null : viewAt(event.after)
      return after
    },
    get previous() {
      previous ??= event.after === null ? {} : valuesBefore(event)
      return previous
    },
    changes: event.changes,
    webhook: event.payload?.webhook ?? null,
    user: event.payload?.user ?? (event.actor === null ? null : (batch.actors.get(event.actor) ?? null)),
    run: { id: publicId('run', run.id), mode: run.mode },
    automation: { id: publicId('automation', run.automationId), name: run.compiled?.name ?? '' },
    lookup: (id) => {
      const uuid = uuidOf('record', id)
      if (uuid === null) return null
      const found = batch.writes.get(workspaceId, uuid)
      return found === undefined || found === null ? found : viewOf(found)
    },
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** YYYY-MM-DD of an instant in a zone. */
function localDate(ms: number, zone: string): string {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(zone, format)
  }
  return format.format(ms)
}
