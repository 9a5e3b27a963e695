import { Button } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconColumns3 } from '@tabler/icons-react'
import { popupOnDemand } from '../../components/popup-on-demand.tsx'
import { recordStrings as words } from '../../strings/records.ts'

interface ColumnsMenuProps {
  object: ObjectAnswer
  hidden: ReadonlySet<string>
  onChange: (hidden: ReadonlySet<string>) => void
}

const Columns = popupOnDemand<ColumnsMenuProps>(() => import('./columns-popover.tsx'), 'dialog')

/** A button that opens the choice of columns. */
export function ColumnsMenu(props: ColumnsMenuProps) {
  return (
    <Columns
      {...props}
      trigger={
        <Button variant="default" leftSection={<IconColumns3 size={15} />}>
          {words.columns}
        </Button>
      }
    />
  )
}
