import { type AutomationAnswer, getAutomationRoute, type WaitingRuns } from '@kantos/model'
import { useCallback, useState } from 'react'
import { call } from '../../../lib/client.ts'
import { notifyDone } from '../../../lib/notify.ts'
import { strings } from '../../../strings/builder.ts'

const words = strings.waiting

export interface WaitingRunsChoice {
  /** how many wait, while the choice is to be made */
  count: number | null
  /** what becomes of waiting runs; at once when there are none. @returns null: nothing is to be saved */
  ask(): Promise<WaitingRuns | null>
  answer(choice: WaitingRuns | null): void
}

/** Asks what becomes of the runs that wait on an earlier version. @param id of the automation; null for a new one */
export function useWaitingRuns(id: string | null): WaitingRunsChoice {
  const [asked, setAsked] = useState<{ count: number; resolve(choice: WaitingRuns | null): void } | null>(null)
  const ask = useCallback(async (): Promise<WaitingRuns | null> => {
    if (id === null) return 'finish'
    // a save must not fail since the count did
    const now = await call(getAutomationRoute, { params: { id } }).catch(() => null)
    const count = now?.waiting_runs ?? 0
    return count === 0 ? 'finish' : new Promise((resolve) => setAsked({ count, resolve }))
  }, [id])
  return {
    count: asked?.count ?? null,
    ask,
    answer: (choice) => {
      asked?.resolve(choice)
      setAsked(null)
    },
  }
}

/** Says what became of them. */
export function tellOfWaitingRuns({ waiting_runs_result: result }: AutomationAnswer): void {
  if (result === undefined) return
  const {
    moved,
    cancelled,
    kept,
    kept_runs: [first],
  } = result
  const parts = [
    moved === 0 ? '' : words.moved(moved),
    cancelled === 0 ? '' : words.cancelled(cancelled),
    kept === 0 ? '' : words.kept(kept, first?.reason ?? ''),
  ].filter((part) => part !== '')
  if (parts.length > 0) notifyDone(parts.join(' '))
}
