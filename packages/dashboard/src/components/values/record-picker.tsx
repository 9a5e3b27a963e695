import { getRecordRoute, type ObjectAnswer, queryRecordsRoute, type RecordAnswer } from '@kantos/model'
import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/editor.ts'

interface RecordPickerProps {
  object: ObjectAnswer
  /** `rec_…` */
  value: string | null
  onChange(id: string | null, record: RecordAnswer | null): void
  label: string
  hideLabel?: boolean
  error?: string
  disabled?: boolean
  clearable?: boolean
  description?: string
}

/** What a record is called: its name or title, else its first text, else its id. */
export function recordTitle(record: RecordAnswer, object: ObjectAnswer | undefined): string {
  const values = record.field_values
  const slugs = [
    'name',
    'title',
    ...(object?.fields ?? []).filter(({ type }) => type === 'text' || type === 'email').map(({ slug }) => slug),
  ]
  for (const slug of slugs) if (typeof values[slug] === 'string' && values[slug] !== '') return values[slug]
  return record.id
}

/** Picks a record by typing part of its name. */
export function RecordPicker(props: RecordPickerProps) {
  const { object, value, onChange, label, hideLabel = false, error, disabled, clearable = true, description } = props
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed, 200)
  const found = useQuery({
    queryKey: keys.records(object.slug, { picker: q }),
    queryFn: ({ signal }) =>
      call(
        queryRecordsRoute,
        {
          query: {
            object_id: object.slug,
            per_page: 20,
            sort: 'created_at',
            order: 'desc',
            ...(q === '' ? {} : { q }),
          },
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
  })
  const chosen = useQuery({
    queryKey: keys.record(value ?? ''),
    queryFn: ({ signal }) => call(getRecordRoute, { params: { id: value! } }, { signal }),
    enabled: value !== null && /^rec_[0-9a-f]{32}$/.test(value),
    retry: false,
  })
  const records = new Map((found.data?.data ?? []).map((record) => [record.id, record]))
  if (chosen.data !== undefined) records.set(chosen.data.id, chosen.data)
  const data = [...records.values()].map((record) => ({ value: record.id, label: recordTitle(record, object) }))
  if (value !== null && !records.has(value)) data.push({ value, label: value })

  return (
    <Select
      label={hideLabel ? undefined : label}
      aria-label={label}
      description={description}
      data={data}
      value={value}
      onChange={(id) => onChange(id, id === null ? null : (records.get(id) ?? null))}
      searchable
      onFocus={(event) => event.currentTarget.select()}
      onClick={(event) => event.currentTarget.select()}
      clearable={clearable}
      disabled={disabled}
      placeholder={strings.searchRecords}
      nothingFoundMessage={strings.noRecords}
      onSearchChange={(text) => setTyped(data.some((one) => one.label === text) ? '' : text)}
      filter={({ options }) => options}
      error={error}
      comboboxProps={{ withinPortal: true }}
    />
  )
}
