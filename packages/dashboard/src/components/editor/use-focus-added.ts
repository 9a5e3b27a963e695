import { type RefObject, useCallback, useEffect, useRef } from 'react'

const FIELDS = 'input:not([type=hidden]):not(:disabled), textarea:not(:disabled), [contenteditable=true], select'

/**
 * Moves the keyboard's focus to what was just added to a list: the first field of its last `data-item` child, within a group that of
 * its first item.
 *
 * @returns a ref for the list, and what to call when something is added
 */
export function useFocusAdded<T extends HTMLElement = HTMLDivElement>(): [RefObject<T | null>, () => void] {
  const list = useRef<T>(null)
  const awaited = useRef(false)
  useEffect(() => {
    if (!awaited.current) return
    awaited.current = false
    // after what opened the choice has given the focus back
    requestAnimationFrame(() => {
      const last = [...(list.current?.children ?? [])].findLast((child) => child.hasAttribute('data-item'))
      const first = last?.querySelector('[data-item]') ?? last
      first?.querySelector<HTMLElement>(FIELDS)?.focus()
    })
  })
  return [list, useCallback(() => void (awaited.current = true), [])]
}
