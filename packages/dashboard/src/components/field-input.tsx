import { MultiSelect, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import type { FieldAnswer } from '@kantos/model'
import type { ReactNode } from 'react'
import { optionsOf } from '../lib/fields.ts'
import { fromLocalInput, toLocalInput } from '../lib/local-input.ts'
import { userOptions, useUsers } from '../lib/users.ts'
import { recordStrings } from '../strings/records.ts'
import { RecordSelect } from './record-select.tsx'

const words = recordStrings.input

interface FieldInputProps {
  field: FieldAnswer
  value: unknown
  /** gets the new value, null for an empty one */
  onChange: (value: unknown) => void
  label?: ReactNode
  'aria-label'?: string
  error?: ReactNode
  disabled?: boolean
  /** a dialog gives it the focus; `autoFocus` would come before the dialog has noted who had it */
  isFirst?: boolean
  size?: 'xs' | 'sm'
  /** it stands in a popover, which a click on a list outside of it would close */
  inPopover?: boolean
}

/** The input that fits a field's type. */
export function FieldInput({ field, value, onChange, inPopover = false, isFirst = false, ...rest }: FieldInputProps) {
  const users = useUsers()
  const text = value === null || value === undefined ? '' : String(value)
  const focus = isFirst ? { 'data-autofocus': true } : {}
  const common = { ...rest, ...focus, required: rest.label === undefined ? false : field.required }
  const list = { ...common, comboboxProps: { withinPortal: !inPopover } }
  const write = (next: string) => onChange(next === '' ? null : next)

  switch (field.type) {
    case 'long_text':
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={10}
          value={text}
          onChange={(event) => write(event.currentTarget.value)}
        />
      )
    case 'number':
    case 'currency':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : text}
          thousandSeparator={field.type === 'currency' ? ',' : undefined}
          hideControls
          onChange={(next) => onChange(next === '' ? null : next)}
        />
      )
    case 'boolean':
      return (
        <Select
          {...list}
          clearable
          value={value === true ? 'true' : value === false ? 'false' : null}
          data={[
            { value: 'true', label: words.yes },
            { value: 'false', label: words.no },
          ]}
          onChange={(next) => onChange(next === null ? null : next === 'true')}
        />
      )
    case 'date':
      return <TextInput {...common} type="date" value={text} onChange={(event) => write(event.currentTarget.value)} />
    case 'datetime':
      return (
        <TextInput
          {...common}
          type="datetime-local"
          value={toLocalInput(text)}
          onChange={(event) => onChange(fromLocalInput(event.currentTarget.value))}
        />
      )
    case 'status':
    case 'dropdown':
      return (
        <Select
          {...list}
          clearable
          searchable={optionsOf(field).length > 8}
          value={text === '' ? null : text}
          data={optionsOf(field).map(({ name }) => name)}
          onChange={onChange}
        />
      )
    case 'multi_select':
      return (
        <MultiSelect
          {...list}
          clearable
          searchable
          value={Array.isArray(value) ? value.map(String) : []}
          data={optionsOf(field).map(({ name }) => name)}
          onChange={(next) => onChange(next.length === 0 ? null : next)}
        />
      )
    case 'reference':
      return (
        <RecordSelect
          {...list}
          object={field.options?.object ?? ''}
          value={text === '' ? null : text}
          onChange={onChange}
        />
      )
    case 'user':
      return (
        <Select
          {...list}
          clearable
          searchable
          value={text === '' ? null : text}
          data={userOptions(users, text === '' ? null : text)}
          onChange={onChange}
        />
      )
    default:
      return (
        <TextInput
          {...common}
          type={INPUT_TYPES[field.type] ?? 'text'}
          value={text}
          onChange={(event) => write(event.currentTarget.value)}
        />
      )
  }
}

const INPUT_TYPES: Partial<Record<FieldAnswer['type'], string>> = { email: 'email', phone: 'tel', url: 'url' }
