import { Menu } from '@mantine/core'
import { IconCopy, IconFlask, IconHistory, IconListCheck, IconPencil, IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { OpenedMenu } from '../../components/opened-menu.tsx'
import { isAboutRecords } from '../../lib/about-records.ts'
import { automationStrings as words } from '../../strings/automations.ts'
import type { AutomationMenuProps } from './automation-menu.tsx'
import { useDelete, useDuplicate, useMode } from './use-changes.ts'

interface ItemsProps extends AutomationMenuProps {
  trigger: ReactElement<Record<string, unknown>>
}

/** Open, runs, mode, duplicate, delete. */
export default function AutomationMenuItems({ automation, editable, trigger }: ItemsProps) {
  const { id, name, mode } = automation
  const navigate = useNavigate()
  const duplicate = useDuplicate()
  const remove = useDelete()
  const setMode = useMode()

  async function askAndDelete(): Promise<void> {
    const sure = await confirm({ title: words.deleteTitle(name), text: words.deleteText, confirm: words.delete })
    if (sure) remove.mutate({ id, name })
  }

  return (
    <OpenedMenu trigger={trigger}>
      <Menu.Item
        leftSection={<IconPencil size={15} />}
        onClick={() => void navigate({ to: '/automations/$automationId', params: { automationId: id } })}
      >
        {words.open}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconHistory size={15} />}
        onClick={() => void navigate({ to: '/runs', search: { automation: id } as never })}
      >
        {words.runs}
      </Menu.Item>
      {editable && (
        <>
          <Menu.Item
            leftSection={<IconFlask size={15} />}
            onClick={() => setMode.mutate({ id, mode: mode === 'test' ? 'live' : 'test' })}
          >
            {mode === 'test' ? words.toLive : words.toTest}
          </Menu.Item>
          {isAboutRecords(automation.trigger) && (
            <Menu.Item
              leftSection={<IconListCheck size={15} />}
              onClick={() => void navigate({ to: '/automations/$automationId/existing', params: { automationId: id } })}
            >
              {words.existing}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => duplicate.mutate({ id })}>
            {words.duplicate}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="var(--k-bad)" leftSection={<IconTrash size={15} />} onClick={() => void askAndDelete()}>
            {words.delete}
          </Menu.Item>
        </>
      )}
    </OpenedMenu>
  )
}
