import { Menu, useMantineColorScheme } from '@mantine/core'
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'
import type { ReactElement } from 'react'
import { OpenedMenu } from '../components/opened-menu.tsx'
import { strings } from '../strings/common.ts'

const CHOICES = [
  { value: 'light', icon: IconSun, label: strings.scheme.light },
  { value: 'dark', icon: IconMoon, label: strings.scheme.dark },
  { value: 'auto', icon: IconDeviceDesktop, label: strings.scheme.auto },
] as const

/** The schemes to choose from. */
export default function SchemeItems({ trigger }: { trigger: ReactElement<Record<string, unknown>> }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <OpenedMenu trigger={trigger} position="top-end">
      {CHOICES.map(({ value, icon: Icon, label }) => (
        <Menu.Item
          key={value}
          leftSection={<Icon size={15} />}
          onClick={() => setColorScheme(value)}
          fw={value === colorScheme ? 600 : 400}
          aria-current={value === colorScheme}
        >
          {label}
        </Menu.Item>
      ))}
    </OpenedMenu>
  )
}
