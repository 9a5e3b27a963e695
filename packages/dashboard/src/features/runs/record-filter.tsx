import { getRecordRoute, queryRecordsRoute } from '@kantos/model'
import { Loader, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../lib/client.ts'
import { findObject, useObjects } from '../../lib/objects.ts'
import { keys } from '../../lib/query-keys.ts'
import { recordTitle } from '../../lib/record-title.ts'
import { strings } from '../../strings/runs.ts'
import { isRecordId } from './filter.ts'

const words = strings.filters
/** of each object */
const SHOWN = 5
const LEAST_LETTERS = 2

interface RecordFilterProps {
  /** `rec_…`, or null */
  value: string | null
  onChange(id: string | null): void
  w: number | string
}

/** Picks a record of any object by a part of its name; its id can be pasted. */
export function RecordFilter({ value, onChange, w }: RecordFilterProps) {
  const objects = useObjects()
  const [typed, setTyped] = useState('')
  const chosen = useQuery({
    queryKey: keys.record(value ?? ''),
    queryFn: ({ signal }) => call(getRecordRoute, { params: { id: value! } }, { signal }),
    enabled: value !== null && isRecordId(value),
    retry: false,
  }).data
  const title =
    value === null ? '' : chosen === undefined ? value : recordTitle(chosen, findObject(objects, chosen.object_id))
  const [wanted] = useDebouncedValue(typed === title ? '' : typed.trim(), 200)
  const isAsked = wanted.length >= LEAST_LETTERS
  const found = useQuery({
    queryKey: ['run-filter-records', wanted, objects.map(({ slug }) => slug)],
    enabled: isAsked,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      Promise.all(
        objects.map(async (object) => {
          const query = { object_id: object.slug, q: wanted, per_page: SHOWN }
          const { data } = await call(queryRecordsRoute, { query }, { signal })
          const items = data.map((record) => ({ value: record.id, label: recordTitle(record, object) }))
          return { group: object.name, items }
        }),
      ),
  })
  const groups = isAsked ? (found.data ?? []).filter(({ items }) => items.length > 0) : []
  const isListed = groups.some(({ items }) => items.some((item) => item.value === value))
  const own = value === null || isListed ? [] : [{ value, label: title }]
  return (
    <Select
      aria-label={words.record}
      placeholder={words.anyRecord}
      data={[...own, ...groups]}
      value={value}
      onChange={onChange}
      searchable
      searchValue={typed}
      onSearchChange={(text) => {
        setTyped(text)
        const id = text.trim()
        if (id !== value && isRecordId(id)) onChange(id)
      }}
      filter={({ options }) => options}
      nothingFoundMessage={found.isFetching ? undefined : isAsked ? words.noRecord : words.typeRecord}
      rightSection={found.isFetching ? <Loader size={14} /> : undefined}
      clearable
      w={w}
      comboboxProps={{ withinPortal: false, width: 260, position: 'bottom-start' }}
    />
  )
}
