import type { FieldValues } from '../record.ts'
import type { Changes, EventType, WebhookPayload } from '../event.ts'
import type { ConditionData } from '../conditions/index.ts'
import type { RenderOptions, Scope } from '../expressions/index.ts'
import { leadsOn } from '../ids.ts'
import { currentError, currentLoop, type RunState } from './state.ts'

/** A record as templates and conditions see it: its values, flat, with `id`, `created_at`, `updated_at`, `created_by`. */
export type RecordView = Readonly<Record<string, unknown>>

/** Makes a record's view. `id` and `createdBy` are public ids. */
export function recordView(row: {
  id: string
  data: FieldValues
  createdAt: Date | null
  updatedAt: Date | null
  createdBy: string | null
}): RecordView {
  return {
    ...row.data,
    id: row.id,
    created_at: row.createdAt?.toISOString() ?? null,
    updated_at: row.updatedAt?.toISOString() ?? null,
    created_by: row.createdBy,
  }
}

/** All a run can read. The host answers from its overlay, a database, a browser or a simulation. */
export interface RunView {
  /** the stretch's time, ISO with milliseconds */
  now: string
  /** the time as it is, epoch ms, which waits count from; absent: `now` */
  moment?: number
  /** YYYY-MM-DD in UTC, or in the schedule's zone */
  today: string
  /** public id of the triggering record, null when there is none */
  recordId: string | null
  object: string | null
  event: { id: string; type: EventType; at: string }
  /** the record after the event, and before it */
  after: RecordView | null
  previous: RecordView
  changes: Changes | null
  webhook: WebhookPayload | null
  user: { id: string; name: string; email: string } | null
  run: { id: string; mode: 'live' | 'test' | 'dry_run' }
  automation: { id: string; name: string }
  /** a record as it is now, or a user, by public id; null: there is none; undefined: not read yet */
  lookup(id: string): RecordView | null | undefined
}

/** What of it conditions look at. */
type JudgedView = Pick<RunView, 'previous' | 'after' | 'lookup'> & { event: Pick<RunView['event'], 'type'> }

/** The names that templates can use. `record` is the row as it is now. */
export function scopeOf(view: RunView, state: RunState, record: RecordView | null): Scope {
  const loop = currentLoop(state)
  const scope: Record<string, unknown> = {
    record,
    previous: view.previous,
    changes: view.changes ?? {},
    webhook: view.webhook,
    steps: state.outputs,
    automation: view.automation,
    run: view.run,
    event: view.event,
    now: view.now,
    today: view.today,
    user: view.user,
  }
  if (loop !== null) {
    scope.item = loop.ids === undefined ? loop.items![loop.i] : (view.lookup(loop.ids[loop.i]!) ?? null)
    scope.index = loop.i
  }
  const error = currentError(state)
  if (error !== null) scope.error = error
  return scope
}

/** Follows references, noting the records and users that must be read first. */
export function followInto(view: Pick<RunView, 'lookup'>, needs: string[]): NonNullable<RenderOptions['follow']> {
  return (id) => {
    const found = view.lookup(id)
    if (found === undefined) needs.push(id)
    return found ?? null
  }
}

/**
 * What conditions read: the record in the scope, `previous.`, `webhook.`, `steps.`, `item`, `index`, `error.`, one step along
 * references. A trigger's scope holds the record as the event left it, a branch's the record as it is now; what compares
 * with the earlier value reads the event's in both.
 */
export function conditionData(view: JudgedView, scope: Scope, needs: string[]): ConditionData {
  const follow = followInto(view, needs)
  return {
    type: view.event.type,
    scope,
    options: { follow },
    previous: (slug) => view.previous[slug],
    current: (path, ofEvent) => readPath(view, ofEvent ? view.after : scope.record, scope, path, follow),
  }
}

function readPath(
  view: JudgedView,
  record: unknown,
  scope: Scope,
  path: string,
  follow: (id: string) => Readonly<Record<string, unknown>> | null | undefined,
): unknown {
  if (!path.includes('.')) {
    if ((path === 'index' || path === 'item') && path in scope) return scope[path]
    return own(record, path)
  }
  const parts = partsOf(path)
  const root = parts[0]!
  if (root === 'webhook' || root === 'steps' || root === 'item') return walk(scope[root], parts.slice(1), follow)
  if (root === 'error' && scope.error !== undefined) return walk(scope.error, parts.slice(1), follow)
  if (root === 'previous') return walk(view.previous, parts.slice(1), follow)
  return walk(record, parts, follow)
}

function walk(
  start: unknown,
  parts: readonly string[],
  follow: (id: string) => Readonly<Record<string, unknown>> | null | undefined,
): unknown {
  let value = start
  for (const part of parts) {
    if (typeof value === 'string' && leadsOn(value)) value = follow(value)
    value = own(value, part)
    if (value === undefined || value === null) return value
  }
  return value
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}

/** `steps.find.records[0].name` → its parts; kept, since each event asks for the same ones. */
function partsOf(path: string): readonly string[] {
  let parts = knownPaths.get(path)
  if (parts === undefined) {
    parts = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
    if (knownPaths.size > 10_000) knownPaths.clear()
    knownPaths.set(path, parts)
  }
  return parts
}

const knownPaths = new Map<string, readonly string[]>()
