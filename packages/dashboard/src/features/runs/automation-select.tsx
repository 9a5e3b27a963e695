import { listAutomationsRoute } from '@kantos/model'
import { Select, type SelectProps } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/runs.ts'
import { automationQuery } from './api.ts'

const words = strings.filters

interface AutomationSelectProps extends Pick<SelectProps, 'comboboxProps' | 'w'> {
  value: string | null
  onChange(id: string | null): void
}

/** One automation, looked up by its name. */
export function AutomationSelect({ value, onChange, comboboxProps, w }: AutomationSelectProps) {
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
      comboboxProps={comboboxProps}
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
      w={w}
    />
  )
}
