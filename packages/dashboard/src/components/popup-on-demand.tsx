import { type ComponentType, cloneElement, lazy, type ReactElement, Suspense, useState, useTransition } from 'react'

export type Trigger = ReactElement<Record<string, unknown>>

/**
 * A button whose popup is loaded when the pointer or the focus comes near, and made when it is first opened: a page doesn't wait for what
 * may never be opened, and long lists stay smooth. The button is there from the start, and stays while its popup is loaded: a click on it
 * is not lost, and it keeps the focus.
 *
 * @param load gives the popup as default export; it gets the same properties and the trigger, and opens as soon as it is there
 * @param role what opens
 */
export function popupOnDemand<P extends object>(
  load: () => Promise<{ default: ComponentType<P & { trigger: Trigger }> }>,
  role: 'menu' | 'dialog' = 'menu',
) {
  const Opened = lazy(load) as unknown as ComponentType<P & { trigger: Trigger }>
  return function PopupOnDemand(props: P & { trigger: Trigger }) {
    const [wanted, setWanted] = useState(false)
    const [isLoading, startTransition] = useTransition()
    const near = () => void load()
    const closed = cloneElement(props.trigger, {
      'aria-haspopup': role,
      'aria-expanded': false,
      'aria-busy': isLoading || undefined,
      onPointerEnter: near,
      onFocus: near,
      // within a transition React keeps this very button until what takes its place is loaded
      onClick: () => startTransition(() => setWanted(true)),
    })
    return <Suspense fallback={closed}>{wanted ? <Opened {...props} /> : closed}</Suspense>
  }
}
