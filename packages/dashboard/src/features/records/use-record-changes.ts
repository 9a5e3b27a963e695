import type { ObjectAnswer, Pagination, RecordAnswer } from '@kantos/model'
import { type InfiniteData, useMutation, useQueryClient } from '@tanstack/react-query'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { deleteRecord, updateRecord } from './api.ts'

type Pages = InfiniteData<{ data: RecordAnswer[]; pagination: Pagination }>

/** Puts a record, as it is now, into every table and page that shows it. */
function usePut(object: ObjectAnswer) {
  const queryClient = useQueryClient()
  return (record: RecordAnswer) => {
    queryClient.setQueryData(keys.record(record.id), record)
    queryClient.setQueriesData<Pages>({ queryKey: [...keys.records(object.slug), 'table'] }, (pages) =>
      pages === undefined
        ? pages
        : {
            ...pages,
            pages: pages.pages.map((page) => ({
              ...page,
              data: page.data.map((one) => (one.id === record.id ? record : one)),
            })),
          },
    )
  }
}

interface Change {
  record: RecordAnswer
  values: Record<string, unknown>
}

/** Changes fields of a record; the new values stand at once, and the old ones again if the server refuses. */
export function useUpdateRecord(object: ObjectAnswer) {
  const put = usePut(object)
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ record, values }: Change) => updateRecord(record.id, values),
    onMutate: ({ record, values }) => put({ ...record, field_values: { ...record.field_values, ...values } }),
    onSuccess: (record) => {
      put(record)
      void queryClient.invalidateQueries({ queryKey: keys.recordEvents(record.id) })
      void queryClient.invalidateQueries({ queryKey: ['referenced', object.slug, record.id] })
    },
    onError: (error, { record }) => {
      put(record)
      notifyError(error)
    },
  })
}

const AT_ONCE = 6

/** Deletes records, some at a time. @returns how many are gone; the first refusal ends it */
export function useDeleteRecords(object: ObjectAnswer) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (let at = 0; at < ids.length; at += AT_ONCE) await Promise.all(ids.slice(at, at + AT_ONCE).map(deleteRecord))
      return ids.length
    },
    onSuccess: (count) => notifyDone(words.deleted(count)),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.records(object.slug) }),
  })
}
