import { Loader, Select } from '@mantine/core'
import { queryRecordsRoute } from '@kantos/model'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../lib/client.ts'
import { useObject } from '../lib/objects.ts'
import { keys } from '../lib/query-keys.ts'
import { useReferenced } from '../lib/record-loader.ts'
import { recordTitle } from '../lib/record-title.ts'
import { recordStrings } from '../strings/records.ts'

const words = recordStrings.input
const SHOWN = 20

interface RecordSelectProps {
  /** slug or id of the object whose records can be picked */
  object: string
  /** `rec_…`, or null */
  value: string | null
  onChange: (id: string | null) => void
  label?: ReactNode
  'aria-label'?: string
  placeholder?: string
  description?: ReactNode
  error?: ReactNode
  required?: boolean
  disabled?: boolean
  autoFocus?: boolean
  clearable?: boolean
  size?: 'xs' | 'sm'
  comboboxProps?: { withinPortal: boolean }
}

/** Picks a record by its name; the newest ones are offered before anything is typed. */
export function RecordSelect({ object, value, onChange, placeholder, clearable = true, ...rest }: RecordSelectProps) {
  const definition = useObject(object)
  const slug = definition?.slug ?? object
  const [typed, setTyped] = useState('')
  const chosen = useReferenced(slug, value)
  const chosenTitle = chosen ? recordTitle(chosen, definition) : ''
  const [wanted] = useDebouncedValue(typed === chosenTitle ? '' : typed.trim(), 200)
  const found = useQuery({
    queryKey: keys.records(slug, { pick: wanted }),
    queryFn: ({ signal }) =>
      call(
        queryRecordsRoute,
        {
          query: {
            object_id: slug,
            per_page: SHOWN,
            sort: 'updated_at',
            order: 'desc',
            ...(wanted === '' ? {} : { q: wanted }),
          },
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
  })
  const data = (found.data?.data ?? []).map((record) => ({ value: record.id, label: recordTitle(record, definition) }))
  if (chosen && !data.some((one) => one.value === chosen.id)) data.unshift({ value: chosen.id, label: chosenTitle })

  return (
    <Select
      {...rest}
      searchable
      clearable={clearable}
      value={value}
      onChange={onChange}
      data={data}
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={setTyped}
      placeholder={placeholder ?? words.pick}
      nothingFoundMessage={found.isFetching ? undefined : words.nothing}
      rightSection={found.isFetching ? <Loader size={14} /> : undefined}
    />
  )
}
