import { Popover } from '@mantine/core'
import { cloneElement, type ReactNode, useEffect, useRef, useState } from 'react'
import type { Trigger } from './popup-on-demand.tsx'

interface OpenedPopoverProps {
  trigger: Trigger
  className?: string | undefined
  /** gets what closes it; made anew each time it opens */
  children: (close: () => void) => ReactNode
}

/** A popover that opens as soon as it is there; the focus is back on its button when it closes. */
export function OpenedPopover({ trigger, className, children }: OpenedPopoverProps) {
  const [opened, setOpened] = useState(false)
  const button = useRef<HTMLElement>(null)
  useEffect(() => {
    button.current?.focus({ preventScroll: true })
    setOpened(true)
  }, [])
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>{cloneElement(trigger, { ref: button, onClick: () => setOpened((now) => !now) })}</Popover.Target>
      <Popover.Dropdown className={className}>{children(() => setOpened(false))}</Popover.Dropdown>
    </Popover>
  )
}
