import {
  activateAutomationRoute,
  ApiError,
  type AutomationAnswer,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  duplicateAutomationRoute,
  getAutomationRoute,
  type Problem,
  setAutomationModeRoute,
  type WaitingRuns,
} from '@kantos/model'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { confirm } from '../../../components/confirm.tsx'
import { call } from '../../../lib/client.ts'
import { problemsOf } from '../../../lib/error-words.ts'
import { notifyDone, notifyError } from '../../../lib/notify.ts'
import { queryClient } from '../../../lib/query-client.ts'
import { keys } from '../../../lib/query-keys.ts'
import { strings } from '../../../strings/builder.ts'
import { saveAutomation } from '../api.ts'
import { bodyOf, type Draft, draftOf, sameDraft } from '../document/draft.ts'
import type { DraftState } from './use-draft.ts'
import { tellOfWaitingRuns } from './use-waiting-runs.ts'

/** What the server said of a draft; it holds until the draft changes. */
export interface ServerAnswer {
  draft: Draft
  errors: readonly Problem[]
  warnings: readonly Problem[]
}

export interface Saving {
  /** @returns what was saved; null when it wasn't, and the person was told why */
  save(over?: number): Promise<AutomationAnswer | null>
  isSaving: boolean
  isSwitching: boolean
  setActive(active: boolean): Promise<void>
  setTest(test: boolean): void
  duplicate(): Promise<void>
  remove(): Promise<void>
  said: ServerAnswer | null
  /** another person's version, while a choice is to be made */
  conflict: AutomationAnswer | null
  closeConflict(): void
}

interface SavingOptions {
  /** what becomes of waiting runs; null: don't save */
  askWaiting(): Promise<WaitingRuns | null>
  onRefused(): void
  onCreated(id: string): void
}

/** Saving, switching on and off, duplicating and deleting an automation. */
export function useSaving(
  state: DraftState,
  saved: AutomationAnswer | null,
  { askWaiting, onRefused, onCreated }: SavingOptions,
): Saving {
  const navigate = useNavigate()
  const id = saved?.id ?? null
  const [said, setSaid] = useState<ServerAnswer | null>(null)
  const [conflict, setConflict] = useState<AutomationAnswer | null>(null)
  const remember = (answer: AutomationAnswer): void => {
    queryClient.setQueryData(keys.automation(answer.id), answer)
    refreshLists()
  }

  const saving = useMutation({
    mutationFn: ({ draft, version, waiting }: { draft: Draft; version: number | null; waiting: WaitingRuns }) =>
      saveAutomation(id, bodyOf(draft, id === null ? undefined : (version ?? undefined)), waiting),
  })
  const save = async (over?: number): Promise<AutomationAnswer | null> => {
    const { draft } = state
    const waiting = saved !== null && isWorking(draft, draftOf(saved)) ? await askWaiting() : 'finish'
    if (waiting === null) return null
    try {
      const answer = await saving.mutateAsync({ draft, version: over ?? state.version, waiting })
      remember(answer)
      state.accept(answer, draft)
      setSaid({ draft, errors: [], warnings: answer.warnings ?? [] })
      setConflict(null)
      if (id === null) onCreated(answer.id)
      if (id === null)
        await navigate({ to: '/automations/$automationId', params: { automationId: answer.id }, replace: true })
      else if (answer.version !== saved?.version) notifyDone(strings.savedAs(answer.version))
      tellOfWaitingRuns(answer)
      return answer
    } catch (error) {
      const problems = problemsOf(error)
      if (error instanceof ApiError && error.code === 'CONFLICT' && id !== null) {
        const theirs = await call(getAutomationRoute, { params: { id } }).catch(() => null)
        if (theirs !== null && theirs.version !== state.version) setConflict(theirs)
        else notifyError(error)
      } else if (problems.length > 0) {
        setSaid({ draft, errors: problems, warnings: [] })
        notifyError(new Error(strings.problems.notSaved))
        onRefused()
      } else if (error instanceof ApiError && error.code === 'UNAVAILABLE')
        notifyError(new ApiError(error.code, `${error.message} ${strings.kept}`))
      else notifyError(error)
      return null
    }
  }

  const switching = useMutation({
    mutationFn: ({ to, active }: { to: string; active: boolean }) =>
      call(active ? activateAutomationRoute : deactivateAutomationRoute, { params: { id: to } }),
    onSuccess: (answer) => {
      remember(answer)
      notifyDone(answer.status === 'active' ? strings.activated : strings.deactivated)
    },
    onError: notifyError,
  })
  const testing = useMutation({
    mutationFn: (test: boolean) =>
      call(setAutomationModeRoute, { params: { id: id! }, body: { mode: test ? 'test' : 'live' } }),
    onSuccess: (answer) => {
      remember(answer)
      notifyDone(answer.mode === 'test' ? strings.testOn : strings.testOff)
    },
    onError: notifyError,
  })

  return {
    save,
    isSaving: saving.isPending,
    isSwitching: switching.isPending || testing.isPending,
    setActive: async (active) => {
      const answer = active && (state.isDirty || id === null) ? await save() : saved
      if (answer !== null) await switching.mutateAsync({ to: answer.id, active }).catch(() => null)
    },
    setTest: (test) => testing.mutate(test),
    duplicate: async () => {
      try {
        const copy = await call(duplicateAutomationRoute, { params: { id: id! } })
        remember(copy)
        notifyDone(strings.duplicated)
        await navigate({ to: '/automations/$automationId', params: { automationId: copy.id } })
      } catch (error) {
        notifyError(error)
      }
    },
    remove: async () => {
      if (
        id === null ||
        !(await confirm({ title: strings.removeTitle, text: strings.removeText, confirm: strings.remove }))
      )
        return
      try {
        await call(deleteAutomationRoute, { params: { id } })
        notifyDone(strings.removed)
        state.reset(saved)
        await navigate({ to: '/automations' })
        queryClient.removeQueries({ queryKey: keys.automation(id) })
        refreshLists()
      } catch (error) {
        notifyError(error)
      }
    },
    said: said !== null && said.draft === state.draft ? said : null,
    conflict,
    closeConflict: () => setConflict(null),
  }
}

/** Whether two drafts differ in what their runs do. */
function isWorking(a: Draft, b: Draft): boolean {
  return !sameDraft({ ...a, name: '', description: '' }, { ...b, name: '', description: '' })
}

/** Other pages that say how automations are. */
function refreshLists(): void {
  void queryClient.invalidateQueries({ queryKey: keys.automations() })
  void queryClient.invalidateQueries({ queryKey: keys.overview })
}
