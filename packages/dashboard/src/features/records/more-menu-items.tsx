import { Menu } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconDownload, IconUpload } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { OpenedMenu } from '../../components/opened-menu.tsx'
import { recordStrings as words } from '../../strings/records.ts'

interface MoreMenuItemsProps {
  object: ObjectAnswer
  editor: boolean
  onExport(): void
  trigger: ReactElement<Record<string, unknown>>
}

/** Import and export. */
export default function MoreMenuItems({ object, editor, onExport, trigger }: MoreMenuItemsProps) {
  const navigate = useNavigate()
  return (
    <OpenedMenu trigger={trigger} position="bottom-end">
      {editor && (
        <Menu.Item
          leftSection={<IconUpload size={15} />}
          onClick={() => void navigate({ to: '/objects/$slug/import', params: { slug: object.slug } })}
        >
          {words.importCsv}
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconDownload size={15} />} onClick={onExport}>
        {words.exportCsv}
      </Menu.Item>
    </OpenedMenu>
  )
}
