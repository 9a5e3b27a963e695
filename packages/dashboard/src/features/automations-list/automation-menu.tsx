import { ActionIcon, Menu } from '@mantine/core'
import type { AutomationListItem } from '@kantos/model'
import { IconCopy, IconDots, IconFlask, IconHistory, IconPencil, IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { automationStrings as words } from '../../strings/automations.ts'
import { useDelete, useDuplicate, useMode } from './use-changes.ts'

interface AutomationMenuProps {
  automation: AutomationListItem
  editable: boolean
}

/** What else can be done with an automation. The menu itself is made when it is first opened, so that long lists stay smooth. */
export function AutomationMenu(props: AutomationMenuProps) {
  const [wanted, setWanted] = useState(false)
  if (wanted) return <OpenedMenu {...props} />
  return (
    <ActionIcon aria-label={words.more(props.automation.name)} aria-haspopup="menu" onClick={() => setWanted(true)}>
      <IconDots size={18} />
    </ActionIcon>
  )
}

function OpenedMenu({ automation, editable }: AutomationMenuProps) {
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
    <Menu defaultOpened>
      <Menu.Target>
        <ActionIcon aria-label={words.more(name)}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconPencil size={15} />}
          onClick={() => void navigate({ to: '/automations/$automationId', params: { automationId: id } })}
        >
          {words.open}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconHistory size={15} />}
          onClick={() => void navigate({ to: '/runs', search: { automation_id: id } as never })}
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
            <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => duplicate.mutate({ id })}>
              {words.duplicate}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="var(--k-bad)" leftSection={<IconTrash size={15} />} onClick={() => void askAndDelete()}>
              {words.delete}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
