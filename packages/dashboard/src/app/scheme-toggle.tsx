import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core'
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'
import { strings } from '../strings/common.ts'

/** Light, dark, or like the system. */
export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const choices = [
    { value: 'light', icon: IconSun, label: strings.scheme.light },
    { value: 'dark', icon: IconMoon, label: strings.scheme.dark },
    { value: 'auto', icon: IconDeviceDesktop, label: strings.scheme.auto },
  ] as const
  const Current = choices.find(({ value }) => value === colorScheme)?.icon ?? IconSun
  return (
    <Menu position="top-end">
      <Menu.Target>
        <ActionIcon size={32} aria-label={strings.scheme.label}>
          <Current size={17} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(({ value, icon: Icon, label }) => (
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
      </Menu.Dropdown>
    </Menu>
  )
}
