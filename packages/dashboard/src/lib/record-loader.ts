import { queryRecordsRoute, type RecordAnswer } from '@kantos/model'
import { useQuery } from '@tanstack/react-query'
import { call } from './client.ts'
import { objectsQuery } from './objects.ts'
import { queryClient } from './query-client.ts'
import { keys } from './query-keys.ts'

interface Waiting {
  ids: Map<string, ((record: RecordAnswer | null) => void)[]>
  fail: ((error: unknown) => void)[]
}

const LARGEST = 100
const waiting = new Map<string, Waiting>()

/**
 * Reads a record that a reference names; the references of a whole table are read together, in one request per object.
 *
 * @param object slug of the referenced object
 * @returns null when there is no such record
 */
function loadRecord(object: string, id: string): Promise<RecordAnswer | null> {
  return new Promise((resolve, reject) => {
    let batch = waiting.get(object)
    if (batch === undefined || (batch.ids.size >= LARGEST && !batch.ids.has(id))) {
      batch = { ids: new Map(), fail: [] }
      waiting.set(object, batch)
      const mine = batch
      queueMicrotask(() => setTimeout(() => void send(object, mine), 5))
    }
    batch.ids.set(id, [...(batch.ids.get(id) ?? []), resolve])
    batch.fail.push(reject)
  })
}

async function send(object: string, batch: Waiting): Promise<void> {
  if (waiting.get(object) === batch) waiting.delete(object)
  const filters = JSON.stringify({ id: { $in: [...batch.ids.keys()] } })
  try {
    const { data } = await call(queryRecordsRoute, { query: { object_id: object, filters, per_page: LARGEST } })
    const found = new Map(data.map((record) => [record.id, record]))
    for (const [id, resolvers] of batch.ids) for (const resolve of resolvers) resolve(found.get(id) ?? null)
  } catch (error) {
    for (const reject of batch.fail) reject(error)
  }
}

/** The record of an id, whatever object it is of; undefined while it is read, null when it is gone. */
export function useRelated(id: string): RecordAnswer | null | undefined {
  return useQuery(
    {
      queryKey: ['referenced', null, id],
      queryFn: async () => {
        const known = queryClient.getQueryData<RecordAnswer>(keys.record(id))
        if (known !== undefined) return known
        const objects = await queryClient.ensureQueryData(objectsQuery)
        const found = await Promise.all(objects.map(({ slug }) => loadRecord(slug, id)))
        return found.find((record) => record !== null) ?? null
      },
      staleTime: 60_000,
    },
    queryClient,
  ).data
}

/** The record of a reference; undefined while it is read, null when it is gone. */
export function useReferenced(object: string | undefined, id: string | null): RecordAnswer | null | undefined {
  return useQuery(
    {
      queryKey: ['referenced', object, id],
      queryFn: () => {
        const known = queryClient.getQueryData<RecordAnswer>(keys.record(id!))
        return known ?? loadRecord(object!, id!)
      },
      enabled: object !== undefined && id !== null && id !== '',
      staleTime: 60_000,
    },
    queryClient,
  ).data
}
