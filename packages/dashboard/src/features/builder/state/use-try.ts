import type { Run } from '@kantos/model'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../../lib/client.ts'
import { strings } from '../../../strings/builder.ts'
import { dryRunRoute } from '../api.ts'
import { bodyOf, type Draft } from '../document/draft.ts'
import { NOTHING_CHOSEN, type TryChoice, tryBody } from '../try-it/try-input.ts'

/** A dry run of the draft as it is now. */
export function useTry(draft: Draft) {
  const [choice, setChoice] = useState<TryChoice>(NOTHING_CHOSEN)
  const [tried, setTried] = useState<Draft | null>(null)
  const trying = useMutation({
    mutationFn: async (): Promise<Run> => {
      const body = tryBody(
        bodyOf({ ...draft, name: draft.name.trim() === '' ? strings.newTitle : draft.name }),
        draft.trigger['event'],
        choice,
      )
      if (body === null) throw new Error(strings.try.badJson)
      return call(dryRunRoute, { body })
    },
    onMutate: () => setTried(draft),
  })
  return {
    choice,
    setChoice,
    result: trying.data ?? null,
    isStale: tried !== null && tried !== draft,
    error: trying.error,
    isRunning: trying.isPending,
    run: () => trying.mutate(),
    clear: () => trying.reset(),
  }
}
