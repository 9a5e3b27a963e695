import { Button, Group, Popover, Stack, Text } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { useDisclosure } from '@mantine/hooks'
import { IconFilter, IconPlus } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { FilterLines, firstRow } from '../../../components/record-filter/filter-lines.tsx'
import { filtersOf, type FilterRow, rowsOf } from '../../../components/record-filter/rules.ts'
import { shownFields } from '../../../lib/fields.ts'
import { recordStrings } from '../../../strings/records.ts'
import classes from './filter-button.module.css'

const words = recordStrings.filter

interface FilterButtonProps {
  object: ObjectAnswer
  /** JSON text of a filter object */
  filters: string | undefined
  onChange: (filters: string | undefined) => void
  /** it was clicked before it was there */
  beginsOpen?: boolean
}

/** A button that opens the filter: fields, comparisons and values are picked, not typed. */
export default function FilterButton({ object, filters, onChange, beginsOpen = false }: FilterButtonProps) {
  const [opened, { open, close }] = useDisclosure(beginsOpen)
  const fields = shownFields(object)
  const current = (): FilterRow[] => {
    const rows = rowsOf(filters)
    return rows.length > 0 ? rows : [firstRow(fields)]
  }
  const [rows, setRows] = useState<FilterRow[]>(() => (beginsOpen ? current() : []))
  const active = rowsOf(filters).length

  function show(): void {
    setRows(current())
    open()
  }
  function apply(event: FormEvent): void {
    event.preventDefault()
    onChange(filtersOf(rows))
    close()
  }

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
            <FilterLines rows={rows} fields={fields} onChange={setRows} />
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
