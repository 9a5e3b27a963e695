import { Menu } from '@mantine/core'
import type { ReactElement } from 'react'
import { OpenedMenu } from '../../../components/opened-menu.tsx'
import { waitStrings as words } from '../../../strings/waits.ts'
import { WAIT_ACTIONS, type WaitAction } from './move.ts'

interface WaitMenuItemsProps {
  /** says what they are done to */
  label?: string
  onAct(action: WaitAction): void
  trigger: ReactElement<Record<string, unknown>>
}

/** Resume now, reschedule, cancel. */
export default function WaitMenuItems({ label, onAct, trigger }: WaitMenuItemsProps) {
  return (
    <OpenedMenu trigger={trigger} position="bottom-end">
      {label === undefined ? null : <Menu.Label>{label}</Menu.Label>}
      {WAIT_ACTIONS.map((action) => (
        <Menu.Item key={action} color={action === 'cancel' ? 'var(--k-bad)' : undefined} onClick={() => onAct(action)}>
          {words.actions[action]}
        </Menu.Item>
      ))}
    </OpenedMenu>
  )
}
