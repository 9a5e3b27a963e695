import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { TRIGGER_NODE } from './structure.ts'

/** Which part is selected, told to the two parts concerned and not to hundreds of others. */
class Selection {
  private current: string | null
  private readonly listeners = new Set<() => void>()

  constructor(current: string | null) {
    this.current = current
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  get(): string | null {
    return this.current
  }

  set(next: string | null): void {
    if (next === this.current) return
    this.current = next
    for (const listener of this.listeners) listener()
  }
}

const Context = createContext(new Selection(null))

export function SelectionProvider({ selected, children }: { selected: string | null; children: ReactNode }) {
  const [selection] = useState(() => new Selection(selected))
  useEffect(() => selection.set(selected), [selection, selected])
  return <Context value={selection}>{children}</Context>
}

/** Whether a part is selected. */
export function useIsSelected(id: string): boolean {
  const selection = useContext(Context)
  return useSyncExternalStore(selection.subscribe, () => selection.get() === id)
}

/** Whether a part is the one of the flow that Tab reaches: the selected one, else the trigger. */
export function useIsReachable(id: string): boolean {
  const selection = useContext(Context)
  return useSyncExternalStore(selection.subscribe, () => (selection.get() ?? TRIGGER_NODE) === id)
}
