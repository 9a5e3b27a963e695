import { ActionIcon } from '@mantine/core'
import type { AutomationListItem } from '@kantos/model'
import { IconDots } from '@tabler/icons-react'
import { popupOnDemand } from '../../components/popup-on-demand.tsx'
import { automationStrings as words } from '../../strings/automations.ts'

const Items = popupOnDemand(() => import('./automation-menu-items.tsx'))

export interface AutomationMenuProps {
  automation: AutomationListItem
  editable: boolean
}

/** What else can be done with an automation. */
export function AutomationMenu(props: AutomationMenuProps) {
  return (
    <Items
      {...props}
      trigger={
        <ActionIcon aria-label={words.more(props.automation.name)}>
          <IconDots size={18} />
        </ActionIcon>
      }
    />
  )
}
