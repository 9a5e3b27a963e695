import type { AutomationAnswer } from '@kantos/model'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type Draft, draftOf, EMPTY_DRAFT, sameDraft } from '../document/draft.ts'
import { begin, change, type History, redo, settle, undo } from '../document/history.ts'
import { forgetDraft, readDraft, writeDraft } from './stored-draft.ts'

export interface DraftState {
  draft: Draft
  /** the version that the draft began on, and is saved against; null for a new automation */
  version: number | null
  isDirty: boolean
  canUndo: boolean
  canRedo: boolean
  /** when changes of an earlier visit came back; epoch ms */
  restoredAt: number | null
  /** somebody saved since those changes were begun */
  restoredOld: boolean
  /** @param tag changes of one tag, one after the other, are undone together */
  update(next: (draft: Draft) => Draft, tag?: string | null): void
  settle(): void
  undo(): void
  redo(): void
  /** the draft is saved as this; what was typed meanwhile stays */
  accept(saved: AutomationAnswer, sent: Draft): void
  /** drops the draft for what is saved */
  reset(saved: AutomationAnswer | null): void
  /** goes on from this version, keeping the draft */
  rebase(saved: AutomationAnswer): void
  dismissRestored(): void
}

const KEEP_AFTER_MS = 300

/**
 * The document that is edited, with undo, kept in the browser until it is saved.
 *
 * @param automation its id; null for a new one
 * @param saved what the server has; null for a new one
 * Source: SPEC.md, section 13
 */
export function useDraft(workspace: string, automation: string | null, saved: AutomationAnswer | null): DraftState {
  const [base, setBase] = useState(() => ({
    draft: saved === null ? EMPTY_DRAFT : draftOf(saved),
    version: saved?.version ?? null,
  }))
  const [stored] = useState(() => {
    const found = readDraft(workspace, automation)
    return found !== null && !sameDraft(found.draft, saved === null ? EMPTY_DRAFT : draftOf(saved)) ? found : null
  })
  const [version, setVersion] = useState(() => (stored === null ? base.version : stored.version))
  const [history, setHistory] = useState<History<Draft>>(() => begin(stored?.draft ?? base.draft))
  const [restoredAt, setRestoredAt] = useState<number | null>(stored?.at ?? null)
  const draft = history.present
  const isDirty = useMemo(() => !sameDraft(draft, base.draft), [draft, base])

  const latest = useRef({ draft, version, isDirty })
  latest.current = { draft, version, isDirty }
  useEffect(() => {
    const keep = (): void => {
      if (isDirty) writeDraft(workspace, automation, { draft, version, at: Date.now() })
      else forgetDraft(workspace, automation)
    }
    const timer = setTimeout(keep, KEEP_AFTER_MS)
    return () => clearTimeout(timer)
  }, [workspace, automation, draft, version, isDirty])
  useEffect(() => {
    const keepNow = (): void => {
      const { draft: now, version: on, isDirty: dirty } = latest.current
      if (dirty) writeDraft(workspace, automation, { draft: now, version: on, at: Date.now() })
    }
    window.addEventListener('pagehide', keepNow)
    return () => {
      window.removeEventListener('pagehide', keepNow)
      keepNow()
    }
  }, [workspace, automation])

  const rebase = useCallback((answer: AutomationAnswer) => {
    setBase({ draft: draftOf(answer), version: answer.version })
    setVersion(answer.version)
    setRestoredAt(null)
  }, [])
  const reset = useCallback(
    (answer: AutomationAnswer | null) => {
      const next = answer === null ? EMPTY_DRAFT : draftOf(answer)
      forgetDraft(workspace, automation)
      setBase({ draft: next, version: answer?.version ?? null })
      setVersion(answer?.version ?? null)
      setHistory((now) => change(settle(now), next, null))
      setRestoredAt(null)
    },
    [workspace, automation],
  )
  const accept = useCallback(
    (answer: AutomationAnswer, sent: Draft) => {
      rebase(answer)
      forgetDraft(workspace, automation)
      setHistory((now) => (sameDraft(now.present, sent) ? { ...settle(now), present: draftOf(answer) } : now))
    },
    [rebase, workspace, automation],
  )
  return {
    draft,
    version,
    isDirty,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    restoredAt,
    restoredOld: stored !== null && stored.version !== base.version,
    update: useCallback((next, tag = null) => setHistory((now) => change(now, next(now.present), tag)), []),
    settle: useCallback(() => setHistory(settle), []),
    undo: useCallback(() => setHistory(undo), []),
    redo: useCallback(() => setHistory(redo), []),
    accept,
    reset,
    rebase,
    dismissRestored: useCallback(() => setRestoredAt(null), []),
  }
}
