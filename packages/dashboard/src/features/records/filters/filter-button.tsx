import { ActionIcon, Button, Group, MultiSelect, Popover, Select, Stack, TagsInput, Text } from '@mantine/core'
import type { FieldAnswer, ObjectAnswer } from '@kantos/model'
import { useDisclosure } from '@mantine/hooks'
import { IconFilter, IconPlus, IconX } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { FieldInput } from '../../../components/field-input.tsx'
import { optionsOf, shownFields } from '../../../lib/fields.ts'
import { recordStrings } from '../../../strings/records.ts'
import classes from './filter-button.module.css'
import { filtersOf, type FilterRow, operatorsOf, rowsOf, takesValue } from './rules.ts'

const words = recordStrings.filter

interface FilterButtonProps {
  object: ObjectAnswer
  /** JSON text of a filter object */
  filters: string | undefined
  onChange: (filters: string | undefined) => void
}

/** A button that opens the filter: fields, comparisons and values are picked, not typed. */
export default function FilterButton({ object, filters, onChange }: FilterButtonProps) {
  const [opened, { open, close }] = useDisclosure(false)
  const [rows, setRows] = useState<FilterRow[]>([])
  const fields = shownFields(object)
  const active = rowsOf(filters).length

  function show(): void {
    const current = rowsOf(filters)
    setRows(current.length > 0 ? current : [firstRow(fields)])
    open()
  }
  function apply(event: FormEvent): void {
    event.preventDefault()
    onChange(filtersOf(rows))
    close()
  }
  const change = (index: number, row: FilterRow) => setRows(rows.map((one, at) => (at === index ? row : one)))

  return (
    <Popover opened={opened} onChange={(next) => !next && close()} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconFilter size={15} />}
          onClick={opened ? close : show}
          className={active > 0 ? classes.active : undefined}
        >
          {active > 0 ? words.count(active) : words.button}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown}>
        <form onSubmit={apply}>
          <Stack gap="xs">
            {rows.length === 0 && (
              <Text size="sm" c="dimmed">
                {words.none}
              </Text>
            )}
            {rows.map((row, index) => (
              <Line
                // oxlint-disable-next-line react/no-array-index-key -- lines have no identity of their own
                key={index}
                row={row}
                fields={fields}
                onChange={(next) => change(index, next)}
                onRemove={() => setRows(rows.filter((_, at) => at !== index))}
              />
            ))}
            <Group justify="space-between" mt={4}>
              <Button
                variant="subtle"
                size="xs"
                leftSection={<IconPlus size={14} />}
                onClick={() => setRows([...rows, firstRow(fields)])}
              >
                {words.add}
              </Button>
              <Group gap="xs">
                <Button
                  variant="default"
                  size="xs"
                  onClick={() => {
                    onChange(undefined)
                    close()
                  }}
                >
                  {words.clear}
                </Button>
                <Button type="submit" size="xs">
                  {words.apply}
                </Button>
              </Group>
            </Group>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}

function firstRow(fields: readonly FieldAnswer[]): FilterRow {
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
