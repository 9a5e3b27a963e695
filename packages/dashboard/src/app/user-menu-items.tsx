import { Menu, Text } from '@mantine/core'
import { IconBook2, IconKey, IconLogout } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { OpenedMenu } from '../components/opened-menu.tsx'
import { notifyError } from '../lib/notify.ts'
import { endSession, useSession } from '../lib/session.ts'
import { strings } from '../strings/common.ts'

/** Password, documentation, and the way out. */
export default function UserMenuItems({ trigger }: { trigger: ReactElement<Record<string, unknown>> }) {
  const session = useSession()
  const navigate = useNavigate()

  async function leave(): Promise<void> {
    try {
      await endSession()
      await navigate({ to: '/login' })
    } catch (error) {
      notifyError(error)
    }
  }

  return (
    <OpenedMenu trigger={trigger} position="top-start" width={220}>
      <Text size="xs" c="dimmed" px="sm" py={4} truncate>
        {session.email ?? session.name} · {session.role}
      </Text>
      <Menu.Item
        leftSection={<IconKey size={15} />}
        onClick={() => void navigate({ to: '/settings/$section', params: { section: 'password' } })}
      >
        {strings.user.password}
      </Menu.Item>
      <Menu.Item leftSection={<IconBook2 size={15} />} component="a" href="/api/docs" target="_blank">
        {strings.nav.docs}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => void leave()}>
        {strings.user.logOut}
      </Menu.Item>
    </OpenedMenu>
  )
}
