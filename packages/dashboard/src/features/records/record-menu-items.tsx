import { Menu } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { ReactElement } from 'react'
import { OpenedMenu } from '../../components/opened-menu.tsx'
import { recordStrings as words } from '../../strings/records.ts'

interface RecordMenuItemsProps {
  onDelete(): void
  trigger: ReactElement<Record<string, unknown>>
}

/** What else can be done with a record. */
export default function RecordMenuItems({ onDelete, trigger }: RecordMenuItemsProps) {
  return (
    <OpenedMenu trigger={trigger} position="bottom-end">
      <Menu.Item color="var(--k-bad)" leftSection={<IconTrash size={15} />} onClick={onDelete}>
        {words.delete}
      </Menu.Item>
    </OpenedMenu>
  )
}
