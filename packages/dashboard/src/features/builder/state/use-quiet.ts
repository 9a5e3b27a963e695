import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { FoundProblem } from './check.ts'
import { idOf, leftEmpty, sortProblems } from './quiet.ts'

/**
 * What of the problems is shown.
 *
 * @param selected the part that is edited; what it lacks is called wrong once it is left
 * @param isNew the automation was never saved
 */
export function useQuiet(found: readonly FoundProblem[], selected: string | null, isNew: boolean) {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set())
  const add = useCallback((ids: readonly string[]) => {
    setSeen((now) => (ids.every((id) => now.has(id)) ? now : new Set([...now, ...ids])))
  }, [])
  const before = useRef(selected)
  useEffect(() => {
    const left = before.current
    before.current = selected
    if (left !== null && left !== selected) add(leftEmpty(found, left, isNew))
  }, [selected, found, isNew, add])
  // what was solved begins anew when it comes back
  useEffect(() => {
    const ids = new Set(found.map(idOf))
    setSeen((now) => ([...now].every((id) => ids.has(id)) ? now : new Set([...now].filter((id) => ids.has(id)))))
  }, [found])
  const sorted = useMemo(() => sortProblems(found, seen), [found, seen])
  return { ...sorted, showAll: useCallback((all: readonly FoundProblem[]) => add(all.map(idOf)), [add]) }
}
