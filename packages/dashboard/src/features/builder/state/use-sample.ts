import {
  getRecordRoute,
  type ObjectAnswer,
  queryRecordsRoute,
  type RecordAnswer,
  type Run,
  type Scope,
} from '@kantos/model'
import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Known } from '../../../components/editor/known-steps.ts'
import { call } from '../../../lib/client.ts'
import { findObject } from '../../../lib/objects.ts'
import { keys } from '../../../lib/query-keys.ts'
import { useSession } from '../../../lib/session.ts'
import { useUsers } from '../../../lib/users.ts'

export interface Sample {
  scope: Scope
  follow(recordId: string): Readonly<Record<string, unknown>> | null
}

/** A record as templates see it: flat. */
export function flat(record: RecordAnswer): Record<string, unknown> {
  const { id, created_at, updated_at, created_by } = record
  return { ...record.field_values, id, created_at, updated_at, created_by }
}

/** The newest record of an object; null when it has none. */
export const newestRecord = (slug: string) => ({
  queryKey: keys.records(slug, { sample: true }),
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const query = { object_id: slug, per_page: 1, sort: 'created_at', order: 'desc' as const }
    return (await call(queryRecordsRoute, { query }, { signal })).data[0] ?? null
  },
  staleTime: 60_000,
})
const one = (id: string) => ({
  queryKey: keys.record(id),
  queryFn: ({ signal }: { signal: AbortSignal }) => call(getRecordRoute, { params: { id } }, { signal }),
  staleTime: 60_000,
  retry: false,
})

/**
 * Sample data for what can be named at a place: the newest records of the objects in question, the records and users behind
 * their references, and the outputs of the latest try.
 */
export function useSample(known: Known, objects: readonly ObjectAnswer[], name: string, tried: Run | null): Sample {
  const session = useSession()
  const users = useUsers()
  const slugs = [
    ...new Set(
      [known.object, ...known.steps.map(({ object }) => object), known.item?.object].flatMap(
        (object) => object?.slug ?? [],
      ),
    ),
  ]
  const records = useQueries({ queries: slugs.map(newestRecord) })
  const bySlug = new Map(slugs.map((slug, index) => [slug, records[index]?.data ?? null]))
  const references = [...bySlug].flatMap(([slug, record]) => referencesOf(findObject(objects, slug), record))
  const targets = useQueries({ queries: [...new Set(references)].map(one) })
  const stamp = [...records, ...targets].map(({ dataUpdatedAt }) => dataUpdatedAt).join()

  return useMemo(() => {
    const own = known.object === undefined ? null : bySlug.get(known.object.slug)
    const record = own === null || own === undefined ? null : flat(own)
    const behind = new Map<string, Readonly<Record<string, unknown>>>(users.map((user) => [user.id, { ...user }]))
    for (const { data } of targets) if (data !== undefined) behind.set(data.id, flat(data))
    const outputs = outputsOf(known, bySlug, tried)
    const itemRecord = known.item?.object === undefined ? null : bySlug.get(known.item.object.slug)
    const item = itemRecord === null || itemRecord === undefined ? firstItem(outputs) : flat(itemRecord)
    const now = new Date().toISOString()
    const scope: Scope = {
      record,
      previous: record ?? {},
      changes: tried?.trigger.changes ?? {},
      webhook: { body: {}, headers: {}, query: {} },
      steps: outputs,
      item,
      ...(known.error === true
        ? { error: { code: 'HTTP_STATUS', message: 'The server answered 500.', step_key: known.steps.at(-1)?.key } }
        : {}),
      index: 0,
      variables: {},
      automation: { id: 'auto_…', name },
      run: { id: 'run_…', mode: 'dry_run' },
      event: { id: 'evt_…', type: 'record.updated', at: now },
      now,
      today: now.slice(0, 10),
      user: { id: session.id, name: session.name, email: session.email },
    }
    return { scope, follow: (id) => behind.get(id) ?? null }
    // the maps are made anew on every drawing; `stamp` says when what is in them changed
  }, [known, stamp, name, tried, session, users]) // oxlint-disable-line react-hooks/exhaustive-deps
}

function referencesOf(object: ObjectAnswer | undefined, record: RecordAnswer | null): string[] {
  if (object === undefined || record === null) return []
  return object.fields.flatMap(({ type, slug }) => {
    const id = record.field_values[slug]
    return type === 'reference' && typeof id === 'string' ? [id] : []
  })
}

/** What earlier steps gave in the latest try, else what they would give of the newest records. */
function outputsOf(
  known: Known,
  bySlug: ReadonlyMap<string, RecordAnswer | null>,
  tried: Run | null,
): Record<string, unknown> {
  const outputs: Record<string, unknown> = {}
  for (const { key, type, object } of known.steps) {
    const record = object === undefined ? null : (bySlug.get(object.slug) ?? null)
    if (record === null) continue
    const sample = flat(record)
    outputs[key] = type === 'find_records' ? { records: [sample], count: 1, first: sample } : sample
  }
  for (const { key, output } of tried?.steps ?? []) if (output !== null && output !== undefined) outputs[key] = output
  return outputs
}

function firstItem(outputs: Record<string, unknown>): unknown {
  for (const output of Object.values(outputs)) {
    const records = (output as { records?: unknown }).records
    if (Array.isArray(records)) return records[0] ?? {}
  }
  return {}
}
