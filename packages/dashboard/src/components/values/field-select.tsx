import type { ComboboxItem } from '@mantine/core'
import { Group, Select, Text } from '@mantine/core'
import { strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import type { NameEntry } from '../editor/names.ts'
import { TypeIcon } from './type-icon.tsx'

interface FieldSelectProps {
  names: readonly NameEntry[]
  value: string
  onChange(path: string): void
  label: string
  path?: string
  hideLabel?: boolean
  clearable?: boolean
}

/** Picks a field by its name, with its type; grouped by where it comes from. */
export function FieldSelect({
  names,
  value,
  onChange,
  label,
  path,
  hideLabel = false,
  clearable = false,
}: FieldSelectProps) {
  const { readOnly } = useEditor()
  const error = useProblem(path)
  const byPath = new Map(names.map((name) => [name.path, name]))
  const sections = [...new Set(names.map(({ section }) => section))]
  const data = sections.map((group) => ({
    group,
    items: names
      .filter(({ section }) => section === group)
      .map(({ path: at, label: name }): ComboboxItem => ({ value: at, label: name })),
  }))
  if (value !== '' && !byPath.has(value)) data.push({ group: ' ', items: [{ value, label: value }] })
  const chosen = byPath.get(value)
  return (
    <Select
      label={hideLabel ? undefined : label}
      aria-label={label}
      data={data.filter(({ items }) => items.length > 0)}
      value={value === '' ? null : value}
      onChange={(next) => onChange(next ?? '')}
      allowDeselect={false}
      clearable={clearable}
      searchable
      placeholder={strings.choose}
      disabled={readOnly}
      error={error}
      wrapperProps={{ 'data-path': path }}
      leftSection={chosen === undefined ? undefined : <TypeIcon type={chosen.type} />}
      comboboxProps={{ width: 300, position: 'bottom-start' }}
      maxDropdownHeight={320}
      renderOption={({ option }) => (
        <Group gap={8} wrap="nowrap" justify="space-between" w="100%">
          <Group gap={8} wrap="nowrap" miw={0}>
            <TypeIcon type={byPath.get(option.value)?.type ?? 'any'} />
            <span className="truncate">{option.label}</span>
          </Group>
          <Text size="xs" c="dimmed" className="truncate" maw={120}>
            {(byPath.get(option.value)?.type ?? '').replace('_', ' ').replace('any', '')}
          </Text>
        </Group>
      )}
    />
  )
}
