import '@mantine/dates/styles.css'
import type { FieldAnswer, FieldType } from '@kantos/model'
import { Group, MultiSelect, NumberInput, Select } from '@mantine/core'
import { DateInput, DateTimePicker } from '@mantine/dates'
import { findObject } from '../../lib/objects.ts'
import { userOptions, useUsers } from '../../lib/users.ts'
import { strings } from '../../strings/editor.ts'
import { useEditor } from '../editor/context.tsx'
import { optionsOf } from '../../lib/fields.ts'
import { OptionDot } from './option-dot.tsx'
import { RecordPicker } from './record-picker.tsx'

export interface FixedInputProps {
  type: FieldType | 'any'
  field: FieldAnswer | undefined
  value: unknown
  onChange(value: unknown): void
  label: string
  hideLabel: boolean
  error: string | undefined
  disabled: boolean
}

/** The types whose fixed values have an input of their own; all others are text. */
export const FIXED_TYPES: ReadonlySet<FieldType | 'any'> = new Set<FieldType>([
  'number',
  'currency',
  'boolean',
  'date',
  'datetime',
  'dropdown',
  'status',
  'multi_select',
  'reference',
  'user',
])

/** The input that fits a field's type: a number, a date, a stage with its colour, a record by name, a user. */
export function FixedInput(props: FixedInputProps) {
  const { type, field, value, onChange, label, hideLabel, error, disabled } = props
  const { objects } = useEditor()
  const common: Common = { label: hideLabel ? undefined : label, 'aria-label': label, error, disabled }
  const text = typeof value === 'string' && value !== '' ? value : null
  switch (type) {
    case 'number':
    case 'currency':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : (text ?? '')}
          onChange={(next) => onChange(next === '' ? null : next)}
          thousandSeparator=","
        />
      )
    case 'boolean': {
      const data = [
        { value: 'true', label: strings.true },
        { value: 'false', label: strings.false },
      ]
      const current =
        value === true || value === 'true' ? 'true' : value === false || value === 'false' ? 'false' : null
      return (
        <Select
          {...common}
          data={data}
          value={current}
          onChange={(next) => onChange(next === null ? null : next === 'true')}
          clearable
          placeholder={strings.choose}
        />
      )
    }
    case 'date':
      return (
        <DateInput
          {...common}
          value={text}
          onChange={onChange}
          valueFormat="YYYY-MM-DD"
          clearable
          placeholder={strings.choose}
        />
      )
    case 'datetime':
      return (
        <DateTimePicker
          {...common}
          value={text === null ? null : localOf(text)}
          onChange={(next) => onChange(next === null ? null : new Date(next.replace(' ', 'T')).toISOString())}
          valueFormat="YYYY-MM-DD HH:mm"
          clearable
          placeholder={strings.choose}
        />
      )
    case 'dropdown':
    case 'status':
      return <OptionSelect {...common} field={field} value={text} onChange={onChange} />
    case 'multi_select':
      return <OptionsSelect {...common} field={field} value={value} onChange={onChange} />
    case 'reference': {
      const target = findObject(objects, field?.options?.object ?? '')
      if (target === undefined) return null
      return (
        <RecordPicker
          object={target}
          value={text}
          onChange={(id) => onChange(id)}
          label={label}
          hideLabel={hideLabel}
          error={error}
          disabled={disabled}
        />
      )
    }
    case 'user':
      return <UserSelect {...common} value={text} onChange={onChange} />
    default:
      return null
  }
}

/** An instant as the picker wants it: wall time in the reader's zone. */
function localOf(iso: string): string | null {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return null
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ')
}

/** What all inputs take alike. */
interface Common {
  label: string | undefined
  'aria-label': string
  error: string | undefined
  disabled: boolean
}

interface Picked<T> extends Common {
  value: T
  onChange(value: unknown): void
}

function OptionSelect({ field, value, ...rest }: Picked<string | null> & Pick<FixedInputProps, 'field'>) {
  const options = optionsOf(field)
  const known = options.map(({ name }) => name)
  const data = value !== null && !known.includes(value) ? [...known, value] : known
  const colorOf = new Map(options.map(({ name, color }) => [name, color]))
  return (
    <Select
      {...rest}
      data={data}
      value={value}
      searchable={data.length > 7}
      clearable
      placeholder={strings.choose}
      leftSection={value === null ? undefined : <OptionDot color={colorOf.get(value) ?? 'gray'} />}
      renderOption={({ option }) => (
        <Group gap={8} wrap="nowrap">
          <OptionDot color={colorOf.get(option.value) ?? 'gray'} />
          {option.label}
        </Group>
      )}
    />
  )
}

function OptionsSelect({ field, value, ...rest }: Picked<unknown> & Pick<FixedInputProps, 'field'>) {
  const list = Array.isArray(value)
    ? value.map(String)
    : value === null || value === undefined || value === ''
      ? []
      : [String(value)]
  const names = optionsOf(field).map(({ name }) => name)
  const data = [...names, ...list.filter((name) => !names.includes(name))]
  return (
    <MultiSelect
      {...rest}
      data={data}
      value={list}
      searchable={data.length > 7}
      placeholder={list.length === 0 ? strings.choose : undefined}
    />
  )
}

function UserSelect({ value, ...rest }: Picked<string | null>) {
  const data = userOptions(useUsers(), value)
  return <Select {...rest} data={data} value={value} searchable clearable placeholder={strings.choose} />
}
