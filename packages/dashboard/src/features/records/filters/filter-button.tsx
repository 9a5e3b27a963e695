import { Button } from '@mantine/core'
import { IconFilter } from '@tabler/icons-react'
import { popupOnDemand } from '../../../components/popup-on-demand.tsx'
import { rowsOf } from '../../../components/record-filter/rules.ts'
import { recordStrings } from '../../../strings/records.ts'
import classes from './filter-button.module.css'
import type { FilterProps } from './filter-popover.tsx'

const words = recordStrings.filter
const Filter = popupOnDemand<FilterProps>(() => import('./filter-popover.tsx'), 'dialog')

/** A button that opens the filter, and says how many rules it has. */
export function FilterButton(props: FilterProps) {
  const active = rowsOf(props.filters).length
  return (
    <Filter
      {...props}
      trigger={
        <Button
          variant="default"
          leftSection={<IconFilter size={15} />}
          className={active > 0 ? classes.active : undefined}
        >
          {active > 0 ? words.count(active) : words.button}
        </Button>
      }
    />
  )
}
