import { type RefObject, useEffect, useRef, useState } from 'react'

/**
 * What opens as soon as it is there, with its button focused: it was asked for before its code came.
 *
 * @returns whether it is open, what opens and closes it, and the reference that its button takes
 */
export function useOpened(): [boolean, (opened: boolean) => void, RefObject<HTMLElement | null>] {
  const [opened, setOpened] = useState(false)
  const button = useRef<HTMLElement>(null)
  useEffect(() => {
    button.current?.focus({ preventScroll: true })
    setOpened(true)
  }, [])
  return [opened, setOpened, button]
}
