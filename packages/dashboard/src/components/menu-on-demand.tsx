import { type ComponentType, cloneElement, lazy, type ReactElement, Suspense, useState } from 'react'

type Trigger = ReactElement<Record<string, unknown>>

/**
 * A button whose menu is loaded when the pointer or the focus comes near, and made when it is first opened: a page doesn't wait for
 * what may never be opened, and long lists stay smooth.
 *
 * @param load gives the menu as default export; it gets the same properties and the trigger
 */
export function menuOnDemand<P extends object>(
  load: () => Promise<{ default: ComponentType<P & { trigger: Trigger }> }>,
) {
  const Opened = lazy(load) as unknown as ComponentType<P & { trigger: Trigger }>
  return function MenuOnDemand(props: P & { trigger: Trigger }) {
    const [wanted, setWanted] = useState(false)
    const near = () => void load()
    const closed = cloneElement(props.trigger, {
      'aria-haspopup': 'menu',
      'aria-expanded': false,
      onPointerEnter: near,
      onFocus: near,
      onClick: () => setWanted(true),
    })
    if (!wanted) return closed
    return (
      <Suspense fallback={closed}>
        <Opened {...props} />
      </Suspense>
    )
  }
}
