import { type FieldValues, ID_PREFIXES, publicId, recordView, type RunView, uuidOf, valuesBefore } from '@kantos/model'
import { viewOf } from '../steps/apply.ts'
import { isoTime } from './iso-time.ts'
import type { Batch } from './batch.ts'
import type { LiveRun } from './live-run.ts'

/** What a run can read in this batch: its event, and records as the batch leaves them. */
export function viewOfRun(batch: Pick<Batch, 'writes' | 'actors' | 'time'>, run: LiveRun, nowMs: number): RunView {
  const known = views.get(run)
  if (known !== undefined && known.isOf(batch)) return known
  const view = new BatchView(batch, run, nowMs)
  views.set(run, view)
  return view
}

/** A run that is judged and begun in one batch has one view, and one `now`. */
const views = new WeakMap<LiveRun, BatchView>()

/** Made for each run of a batch, so what isn't asked for isn't worked out. */
class BatchView implements RunView {
  readonly now: string
  readonly today: string
  readonly recordId: string | null
  private readonly batch: Pick<Batch, 'writes' | 'actors' | 'time'>
  private readonly of: LiveRun
  private knownAfter: RunView['after'] | undefined
  private knownPrevious: RunView['previous'] | undefined
  private knownEvent: RunView['event'] | undefined
  private knownRun: RunView['run'] | undefined
  private knownAutomation: RunView['automation'] | undefined

  constructor(batch: Pick<Batch, 'writes' | 'actors' | 'time'>, run: LiveRun, nowMs: number) {
    const zone = (run.event.payload?.tick ?? run.event.payload?.date)?.timezone
    this.batch = batch
    this.of = run
    this.now = isoTime(nowMs)
    this.today = zone === undefined ? this.now.slice(0, 10) : localDate(nowMs, zone)
    this.recordId = run.recordId === null ? null : publicId('record', run.recordId)
  }

  isOf(batch: Pick<Batch, 'writes'>): boolean {
    return this.batch.writes === batch.writes
  }

  get moment(): number {
    return this.batch.time.now()
  }

  get object(): string | null {
    return this.of.event.object
  }

  get event(): RunView['event'] {
    const { eventId, event } = this.of
    this.knownEvent ??= { id: eventId === null ? '' : publicId('event', eventId), type: event.type, at: event.at }
    return this.knownEvent
  }

  get after(): RunView['after'] {
    if (this.knownAfter === undefined) {
      const { after } = this.of.event
      this.knownAfter = after === null ? null : this.viewAt(after)
    }
    return this.knownAfter
  }

  get previous(): RunView['previous'] {
    const { event } = this.of
    this.knownPrevious ??= event.after === null ? {} : valuesBefore(event)
    return this.knownPrevious
  }

  get changes(): RunView['changes'] {
    return this.of.event.changes
  }

  get webhook(): RunView['webhook'] {
    return this.of.event.payload?.webhook ?? null
  }

  get user(): RunView['user'] {
    const { payload, actor } = this.of.event
    return payload?.user ?? (actor === null ? null : (this.batch.actors.get(actor) ?? null))
  }

  get run(): RunView['run'] {
    this.knownRun ??= { id: publicId('run', this.of.id), mode: this.of.mode }
    return this.knownRun
  }

  get automation(): RunView['automation'] {
    this.knownAutomation ??= { id: publicId('automation', this.of.automationId), name: this.of.compiled?.name ?? '' }
    return this.knownAutomation
  }

  lookup(id: string): ReturnType<RunView['lookup']> {
    if (id.startsWith(ID_PREFIXES.user)) return this.batch.writes.user(this.of.workspaceId, id)
    const uuid = id === this.recordId ? this.of.recordId : uuidOf('record', id)
    if (uuid === null) return null
    const found = this.batch.writes.get(this.of.workspaceId, uuid)
    return found === undefined || found === null ? found : viewOf(found)
  }

  private viewAt(data: FieldValues): RunView['after'] {
    const { event, recordId, workspaceId } = this.of
    const current = recordId === null ? null : this.batch.writes.get(workspaceId, recordId)
    const created = event.type === 'record.created'
    const written = event.type.startsWith('record.')
    return recordView({
      id: this.recordId ?? '',
      data,
      createdAt: current?.createdAt ?? (created ? new Date(event.at) : null),
      updatedAt: written ? new Date(event.at) : (current?.updatedAt ?? null),
      createdBy: current?.createdBy ?? (created ? event.actor : null),
    })
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
