import { ActionIcon, useMantineColorScheme } from '@mantine/core'
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'
import { popupOnDemand } from '../components/popup-on-demand.tsx'
import { strings } from '../strings/common.ts'

const Items = popupOnDemand(() => import('./scheme-items.tsx'))
const ICONS = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const

/** Light, dark, or like the system. */
export function SchemeToggle() {
  const { colorScheme } = useMantineColorScheme()
  const Current = ICONS[colorScheme]
  return (
    <Items
      trigger={
        <ActionIcon size={32} aria-label={strings.scheme.label}>
          <Current size={17} stroke={1.6} />
        </ActionIcon>
      }
    />
  )
}
