import type { FieldAnswer } from '@kantos/model'
import { ActionIcon, MultiSelect, Select, TagsInput } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { optionsOf } from '../../lib/fields.ts'
import { recordStrings } from '../../strings/records.ts'
import { FieldInput } from '../field-input.tsx'
import classes from './filter-lines.module.css'
import { operatorsOf } from './operators.ts'
import { type FilterRow, takesValue } from './rules.ts'

const words = recordStrings.filter

interface FilterLinesProps {
  rows: readonly FilterRow[]
  fields: readonly FieldAnswer[]
  onChange(rows: FilterRow[]): void
}

/** The lines of a filter: fields, comparisons and values are picked, not typed. */
export function FilterLines({ rows, fields, onChange }: FilterLinesProps) {
  return rows.map((row, index) => (
    <Line
      // oxlint-disable-next-line react/no-array-index-key -- lines have no identity of their own
      key={index}
      row={row}
      fields={fields}
      onChange={(next) => onChange(rows.map((one, at) => (at === index ? next : one)))}
      onRemove={() => onChange(rows.filter((_, at) => at !== index))}
    />
  ))
}

/** What a line begins as: the status, where there is one. */
export function firstRow(fields: readonly FieldAnswer[]): FilterRow {
  const field = fields.find(({ type }) => type === 'status') ?? fields[0]!
  return { field: field.slug, operator: operatorsOf(field)[0]!, value: null }
}

interface LineProps {
  row: FilterRow
  fields: readonly FieldAnswer[]
  onChange: (row: FilterRow) => void
  onRemove: () => void
}

function Line({ row, fields, onChange, onRemove }: LineProps) {
  const field = fields.find(({ slug }) => slug === row.field) ?? fields[0]!
  const list = row.operator === '$in' || row.operator === '$nin'
  return (
    <div className={classes.line}>
      <Select
        aria-label={words.field}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        value={row.field}
        data={fields.map(({ slug, name }) => ({ value: slug, label: name }))}
        onChange={(slug) => {
          const next = fields.find((one) => one.slug === slug)
          if (next !== undefined) onChange({ field: next.slug, operator: operatorsOf(next)[0]!, value: null })
        }}
      />
      <Select
        aria-label={words.operator}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        value={row.operator}
        data={operatorsOf(field).map((operator) => ({ value: operator, label: words.operators[operator] }))}
        onChange={(operator) => {
          const next = (operator ?? '$eq') as FilterRow['operator']
          const isList = next === '$in' || next === '$nin'
          onChange({ ...row, operator: next, value: isList === list ? row.value : null })
        }}
      />
      <div className={classes.value}>
        {takesValue(row.operator) &&
          (list ? (
            <ListInput field={field} value={row.value} onChange={(value) => onChange({ ...row, value })} />
          ) : (
            <FieldInput
              inPopover
              aria-label={words.value}
              field={field.type === 'long_text' ? { ...field, type: 'text' } : field}
              value={row.value}
              onChange={(value) => onChange({ ...row, value })}
            />
          ))}
      </div>
      <ActionIcon onClick={onRemove} aria-label={words.remove}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  )
}

function ListInput({
  field,
  value,
  onChange,
}: {
  field: FieldAnswer
  value: unknown
  onChange: (value: string[]) => void
}) {
  const chosen = Array.isArray(value) ? value.map(String) : []
  const options = optionsOf(field)
  if (options.length === 0)
    return (
      <TagsInput comboboxProps={{ withinPortal: false }} aria-label={words.value} value={chosen} onChange={onChange} />
    )
  return (
    <MultiSelect
      aria-label={words.value}
      comboboxProps={{ withinPortal: false }}
      value={chosen}
      onChange={onChange}
      data={options.map(({ name }) => name)}
    />
  )
}
