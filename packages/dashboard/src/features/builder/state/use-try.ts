import type { DryRun } from '@kantos/model'
import { useMutation } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { strings } from '../../../strings/builder.ts'
import { tryAutomation } from '../api.ts'
import { bodyOf, type Draft } from '../document/draft.ts'
import { likelyBody, NOTHING_CHOSEN, type TryChoice, tryBody } from '../try-it/try-input.ts'

/** A dry run of the draft as it is now. @param id of the saved automation, null for a new one */
export function useTry(id: string | null, draft: Draft) {
  const [choice, setChoice] = useState<TryChoice>(NOTHING_CHOSEN)
  const [tried, setTried] = useState<Draft | null>(null)
  const trying = useMutation({
    mutationFn: async (): Promise<DryRun> => {
      const body = tryBody(
        bodyOf({ ...draft, name: draft.name.trim() === '' ? strings.newTitle : draft.name }),
        draft.trigger['event'],
        choice,
      )
      if (body === null) throw new Error(strings.try.badJson)
      return tryAutomation(id, body)
    },
    onMutate: () => setTried(draft),
  })
  const { trigger, conditions, actions } = draft
  const draftBody = useMemo(() => likelyBody({ trigger, conditions, actions }), [trigger, conditions, actions])
  return {
    choice,
    draftBody,
    setChoice,
    result: trying.data ?? null,
    isStale: tried !== null && tried !== draft,
    error: trying.error,
    isRunning: trying.isPending,
    run: () => trying.mutate(),
    clear: () => trying.reset(),
  }
}
