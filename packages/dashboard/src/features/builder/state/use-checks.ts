import type { ObjectAnswer, OtherAutomation } from '@kantos/model'
import { useQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import { useCallback, useMemo } from 'react'
import { activeAutomationsQuery, allTemplatesQuery, secretNamesQuery } from '../api.ts'
import type { Draft } from '../document/draft.ts'
import { checkDraft, type FoundProblem, placed } from './check.ts'
import type { ServerAnswer } from './use-saving.ts'

const NO_TEMPLATES: { id: string; name: string }[] = []
const NO_NAMES: string[] = []

/** What drafts are checked against: e-mail templates, secrets' names, the other active automations. */
export function useReferences(id: string | null) {
  const templates = useQuery(allTemplatesQuery)
  const secrets = useQuery(secretNamesQuery)
  const active = useQuery(activeAutomationsQuery)
  const others = useMemo(
    () =>
      (active.data ?? [])
        .filter((other) => other.id !== id)
        .map(
          ({ id: own, name, trigger, conditions, actions }) =>
            ({ id: own, name, document: { trigger, conditions, actions } }) as OtherAutomation,
        ),
    [active.data, id],
  )
  const known = templates.data?.map(({ id: own, name, subject, html, text }) => ({
    id: own,
    name,
    texts: { subject, html, text },
  }))
  return {
    templates: useMemo(() => known ?? NO_TEMPLATES, [templates.data]), // oxlint-disable-line react-hooks/exhaustive-deps
    secrets: secrets.data ?? NO_NAMES,
    others,
    isReady: !templates.isPending && !secrets.isPending && !active.isPending,
  }
}

/** Typing is waited for: what is half written isn't judged, and a long flow isn't checked with each letter. */
const PAUSE_MS = 250

/**
 * The problems of a draft, worked out when nothing is typed; with what the server said when it was saved.
 *
 * @returns `check`: those of the draft as it is now
 */
export function useChecks(
  draft: Draft,
  objects: readonly ObjectAnswer[],
  references: ReturnType<typeof useReferences>,
  said: ServerAnswer | null,
): { found: FoundProblem[]; check: () => FoundProblem[] } {
  const [later] = useDebouncedValue(draft, PAUSE_MS)
  const { templates, secrets, others, isReady } = references
  const problemsOf = useCallback(
    (one: Draft): FoundProblem[] => {
      if (!isReady || objects.length === 0) return []
      const context = { objects: new Map(objects.map((object) => [object.slug, object])), templates, secrets, others }
      const own = checkDraft(one, context, Date.now())
      if (said === null) return own
      const known = new Set(own.map(({ path, message }) => `${path} ${message}`))
      const more = placed(one, said.errors, said.warnings).filter(
        ({ path, message }) => !known.has(`${path} ${message}`),
      )
      return [...own, ...more]
    },
    [objects, templates, secrets, others, isReady, said],
  )
  return {
    found: useMemo(() => problemsOf(later), [problemsOf, later]),
    check: useCallback(() => problemsOf(draft), [problemsOf, draft]),
  }
}
