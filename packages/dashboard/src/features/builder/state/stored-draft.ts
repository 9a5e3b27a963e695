import type { Draft } from '../document/draft.ts'

/** A draft as the browser keeps it. */
export interface StoredDraft {
  draft: Draft
  /** the version it was begun on; null for a new automation */
  version: number | null
  /** epoch ms */
  at: number
}

const keyOf = (workspace: string, automation: string | null): string =>
  `kantos.draft.${workspace}.${automation ?? 'new'}`

function isDraft(value: unknown): value is StoredDraft {
  if (typeof value !== 'object' || value === null) return false
  const { draft, at } = value as Partial<StoredDraft>
  return (
    typeof at === 'number' &&
    typeof draft === 'object' &&
    draft !== null &&
    Array.isArray(draft.actions) &&
    Array.isArray(draft.conditions?.rules)
  )
}

/** The unsaved changes of an automation that this browser keeps; null when there are none. */
export function readDraft(workspace: string, automation: string | null): StoredDraft | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keyOf(workspace, automation)) ?? 'null')
    return isDraft(value) ? value : null
  } catch {
    return null
  }
}

/** Keeps unsaved changes over closed tabs; without storage they live as long as the page. */
export function writeDraft(workspace: string, automation: string | null, stored: StoredDraft): void {
  try {
    localStorage.setItem(keyOf(workspace, automation), JSON.stringify(stored))
  } catch {
    // full or forbidden: the page itself still holds the draft, and asks before it is left
  }
}

export function forgetDraft(workspace: string, automation: string | null): void {
  try {
    localStorage.removeItem(keyOf(workspace, automation))
  } catch {
    // nothing was kept
  }
}
