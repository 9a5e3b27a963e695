import { listAutomationsRoute, RUN_STATUSES } from '@kantos/model'
import { Button, MultiSelect, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback, useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/runs.ts'
import { automationQuery } from './api.ts'
import { isRecordId, type RunSearch } from './filter.ts'

const words = strings.filters

interface RunFiltersProps {
  search: RunSearch
  onChange(search: RunSearch): void
}

/** Which runs are listed. */
export function RunFilters({ search, onChange }: RunFiltersProps) {
  const set = (part: Partial<RunSearch>): void => onChange({ ...search, ...part })
  const isSet = Object.keys(search).length > 0
  return (
    <>
      <MultiSelect
        aria-label={words.status}
        placeholder={search.status === undefined ? words.anyStatus : undefined}
        data={RUN_STATUSES.map((value) => ({ value, label: strings.status[value] }))}
        value={search.status?.split(',') ?? []}
        onChange={(values) => set({ status: values.length === 0 ? undefined : values.join(',') })}
        w={220}
        clearable
      />
      <AutomationSelect
        value={search.automation ?? null}
        onChange={(automation) => set({ automation: automation ?? undefined })}
      />
      <RecordInput
        value={search.record ?? ''}
        onChange={(record) => set({ record: record === '' ? undefined : record })}
      />
      <Select
        aria-label={words.mode}
        placeholder={words.anyMode}
        data={[
          { value: 'live', label: strings.mode.live },
          { value: 'test', label: strings.mode.test },
        ]}
        value={search.mode ?? null}
        onChange={(mode) => set({ mode: (mode as RunSearch['mode']) ?? undefined })}
        w={140}
        clearable
      />
      <Select
        aria-label={words.time}
        data={Object.entries(words.times).map(([value, label]) => ({ value, label }))}
        value={search.time ?? 'any'}
        onChange={(time) =>
          onChange({
            ...search,
            time: time === 'any' ? undefined : (time as RunSearch['time']),
            from: undefined,
            to: undefined,
          })
        }
        allowDeselect={false}
        w={140}
      />
      {search.time === 'own' ? (
        <>
          <TextInput
            type="date"
            aria-label={words.from}
            value={search.from ?? ''}
            onChange={(event) => set({ from: event.currentTarget.value || undefined })}
          />
          <TextInput
            type="date"
            aria-label={words.to}
            value={search.to ?? ''}
            onChange={(event) => set({ to: event.currentTarget.value || undefined })}
          />
        </>
      ) : null}
      {isSet ? (
        <Button variant="subtle" color="gray" onClick={() => onChange({})}>
          {words.clear}
        </Button>
      ) : null}
    </>
  )
}

function RecordInput({ value, onChange }: { value: string; onChange(id: string): void }) {
  const [typed, setTyped] = useState(value)
  const apply = useDebouncedCallback((id: string) => {
    if (id === '' || isRecordId(id)) onChange(id)
  }, 300)
  useEffect(() => setTyped(value), [value])
  return (
    <TextInput
      aria-label={words.record}
      placeholder={words.record}
      value={typed}
      w={150}
      onChange={(event) => {
        const id = event.currentTarget.value.trim()
        setTyped(id)
        apply(id)
      }}
    />
  )
}

function AutomationSelect({ value, onChange }: { value: string | null; onChange(id: string | null): void }) {
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed, 200)
  const found = useQuery({
    queryKey: keys.automations({ picker: q }),
    queryFn: ({ signal }) =>
      call(listAutomationsRoute, { query: { per_page: 20, ...(q === '' ? {} : { q }) } }, { signal }),
    placeholderData: keepPreviousData,
  })
  const chosen = useQuery({ ...automationQuery(value ?? ''), enabled: value !== null, retry: false })
  const names = new Map((found.data?.data ?? []).map(({ id, name }) => [id, name]))
  if (value !== null && !names.has(value)) names.set(value, chosen.data?.name ?? value)
  const data = [...names].map(([id, label]) => ({ value: id, label }))
  return (
    <Select
      aria-label={words.automation}
      placeholder={words.anyAutomation}
      data={data}
      value={value}
      onChange={onChange}
      searchable
      onFocus={(event) => event.currentTarget.select()}
      onClick={(event) => event.currentTarget.select()}
      clearable
      onSearchChange={(text) => setTyped(data.some(({ label }) => label === text) ? '' : text)}
      filter={({ options }) => options}
      w={220}
    />
  )
}
