import {
  createRecordRoute,
  deleteRecordRoute,
  exportRecordsRoute,
  getRecordRoute,
  listRecordEventsRoute,
  queryRecordsRoute,
  type RecordAnswer,
  updateRecordRoute,
} from '@kantos/model'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call, request } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'

/** Which records a table shows, and in which order. */
export interface RecordView {
  q?: string
  /** a slug, with `-` before it for descending order */
  sort?: string
  /** JSON text of a filter object */
  filters?: string
}

const PAGE = 100

/** The records of an object, page by page. @param object its slug */
export function recordsQuery(object: string, view: RecordView) {
  return infiniteQueryOptions({
    queryKey: [...keys.records(object), 'table', view] as const,
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) => {
      const { q, filters, sort = '-created_at' } = view
      const order = sort.startsWith('-') ? ('desc' as const) : ('asc' as const)
      const query = {
        object_id: object,
        q,
        filters,
        sort: sort.replace(/^-/, ''),
        order,
        page: pageParam,
        per_page: PAGE,
      }
      return call(queryRecordsRoute, { query }, { signal })
    },
    getNextPageParam: ({ data, pagination }) => (data.length === PAGE ? pagination.page + 1 : undefined),
  })
}

/** One record. */
export function recordQuery(id: string) {
  return queryOptions({
    queryKey: keys.record(id),
    queryFn: ({ signal }) => call(getRecordRoute, { params: { id } }, { signal }),
  })
}

/** What happened to a record, newest first. */
export function recordEventsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: keys.recordEvents(id),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(listRecordEventsRoute, { params: { id }, query: { cursor: pageParam, limit: 25 } }, { signal }),
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    refetchInterval: 5000,
  })
}

/** Creates a record. */
export function createRecord(object: string, values: Record<string, unknown>): Promise<RecordAnswer> {
  return call(createRecordRoute, { body: { object_id: object, field_values: values } }) as Promise<RecordAnswer>
}

/** Changes fields of a record; null empties one. */
export function updateRecord(id: string, values: Record<string, unknown>): Promise<RecordAnswer> {
  return call(updateRecordRoute, { params: { id }, body: { field_values: values } })
}

/** Deletes a record. */
export function deleteRecord(id: string): Promise<undefined> {
  return call(deleteRecordRoute, { params: { id } })
}

/** The CSV of an object's records. @param filters JSON text of a filter object */
export async function exportCsv(object: string, filters: string | undefined): Promise<Blob> {
  const response = await request(exportRecordsRoute, { query: { object_id: object, filters } })
  return response.blob()
}
