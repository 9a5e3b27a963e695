import { Menu, type MenuProps } from '@mantine/core'
import { cloneElement, type ReactNode } from 'react'
import type { Trigger } from './popup-on-demand.tsx'
import { useOpened } from './use-opened.ts'

interface OpenedMenuProps extends Pick<MenuProps, 'position' | 'width'> {
  trigger: Trigger
  /** px; longer menus scroll */
  maxHeight?: number
  children: ReactNode
}

/** px; fits the narrowest screens, and long names take a second line */
const WIDEST = 340

/** A menu that opens as soon as it is there; the focus is back on its button when it closes. */
export function OpenedMenu({ trigger, maxHeight, children, ...menu }: OpenedMenuProps) {
  const [opened, setOpened, button] = useOpened()
  return (
    <Menu opened={opened} onChange={setOpened} {...menu}>
      <Menu.Target>{cloneElement(trigger, { ref: button })}</Menu.Target>
      <Menu.Dropdown mah={maxHeight} maw={WIDEST} style={maxHeight === undefined ? undefined : { overflowY: 'auto' }}>
        {children}
      </Menu.Dropdown>
    </Menu>
  )
}
