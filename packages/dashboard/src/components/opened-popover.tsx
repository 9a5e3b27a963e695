import { Popover } from '@mantine/core'
import { cloneElement, type ReactNode } from 'react'
import type { Trigger } from './popup-on-demand.tsx'
import { useOpened } from './use-opened.ts'

interface OpenedPopoverProps {
  trigger: Trigger
  className?: string | undefined
  /** gets what closes it; made anew each time it opens */
  children: (close: () => void) => ReactNode
}

/** A popover that opens as soon as it is there; the focus is back on its button when it closes. */
export function OpenedPopover({ trigger, className, children }: OpenedPopoverProps) {
  const [opened, setOpened, button] = useOpened()
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>{cloneElement(trigger, { ref: button, onClick: () => setOpened(!opened) })}</Popover.Target>
      <Popover.Dropdown className={className}>{children(() => setOpened(false))}</Popover.Dropdown>
    </Popover>
  )
}
