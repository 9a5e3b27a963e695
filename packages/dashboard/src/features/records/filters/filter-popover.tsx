import { Button, Group, Stack, Text } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconPlus } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { OpenedPopover } from '../../../components/opened-popover.tsx'
import type { Trigger } from '../../../components/popup-on-demand.tsx'
import { FilterLines, firstRow } from '../../../components/record-filter/filter-lines.tsx'
import { filtersOf, type FilterRow, rowsOf } from '../../../components/record-filter/rules.ts'
import { shownFields } from '../../../lib/fields.ts'
import { recordStrings } from '../../../strings/records.ts'
import classes from './filter-button.module.css'

const words = recordStrings.filter

export interface FilterProps {
  object: ObjectAnswer
  /** JSON text of a filter object */
  filters: string | undefined
  onChange: (filters: string | undefined) => void
}

/** The filter: fields, comparisons and values are picked, not typed. */
export default function FilterPopover({ trigger, ...filter }: FilterProps & { trigger: Trigger }) {
  return (
    <OpenedPopover trigger={trigger} className={classes.dropdown}>
      {(close) => <FilterForm {...filter} onClose={close} />}
    </OpenedPopover>
  )
}

function FilterForm({ object, filters, onChange, onClose }: FilterProps & { onClose(): void }) {
  const fields = shownFields(object)
  const [rows, setRows] = useState<FilterRow[]>(() => {
    const given = rowsOf(filters)
    return given.length > 0 ? given : [firstRow(fields)]
  })
  const end = (next: string | undefined): void => {
    onChange(next)
    onClose()
  }
  function apply(event: FormEvent): void {
    event.preventDefault()
    end(filtersOf(rows))
  }
  return (
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
            <Button variant="default" size="xs" onClick={() => end(undefined)}>
              {words.clear}
            </Button>
            <Button type="submit" size="xs">
              {words.apply}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}
