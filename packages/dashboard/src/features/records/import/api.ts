import { cancelImportRoute, getImportRoute, importRecordsRoute, previewImportRoute } from '@kantos/model'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/client.ts'
import { keys } from '../../../lib/query-keys.ts'
import { headOfFile } from './head-of-file.ts'

/** Which field each column of the file fills; null leaves a column out. */
export type Mapping = Record<string, string | null>

const CSV = { headers: { 'content-type': 'text/csv' } }

/**
 * What a file holds, and what importing it would do; of a long file, by its first rows.
 *
 * @param mapping absent: columns are matched by slug or name
 * @returns `isEstimate`: the file goes on, and `total` is how many rows it has if they are as long as the first
 */
export async function previewImport(object: string, file: File, mapping?: Mapping, signal?: AbortSignal) {
  const { part, times } = await headOfFile(file)
  const ask = (query: { total?: number }) =>
    call(
      previewImportRoute,
      { query: { object_id: object, mapping: mapping && JSON.stringify(mapping), ...query }, body: part },
      { ...CSV, ...(signal === undefined ? {} : { signal }) },
    )
  const first = await ask({})
  if (times <= 1) return { ...first, isEstimate: false }
  const total = Math.round(first.total * times)
  return { ...(await ask({ total })), total, isEstimate: true }
}
export type ImportPreview = Awaited<ReturnType<typeof previewImport>>

/** The same with a mapping of one's own: what it would start and refuse follows each choice. */
export function mappedPreviewQuery(object: string, file: File, mapping: Mapping) {
  return queryOptions({
    queryKey: ['import-preview', object, file.name, file.size, file.lastModified, mapping],
    queryFn: ({ signal }) => previewImport(object, file, mapping, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  })
}

/** Begins an import. @returns its id */
export function startImport(object: string, file: File, mapping: Mapping) {
  return call(importRecordsRoute, { query: { object_id: object, mapping: JSON.stringify(mapping) }, body: file }, CSV)
}

/** Stops an import; the records it made stay. */
export function stopImport(id: string) {
  return call(cancelImportRoute, { params: { id } })
}

/** How far an import is; asked each second until it ended. */
export function importQuery(id: string) {
  return queryOptions({
    queryKey: keys.recordImport(id),
    queryFn: ({ signal }) => call(getImportRoute, { params: { id } }, { signal }),
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.status === 'queued' || state.data.status === 'running' ? 1000 : false,
  })
}
