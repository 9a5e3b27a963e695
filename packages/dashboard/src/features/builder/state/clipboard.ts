import { ACTION_TYPES, type Action } from '@kantos/model'

const KEY = 'kantos.clipboard.steps'

function isAction(value: unknown): value is Action {
  if (typeof value !== 'object' || value === null) return false
  const { key, type, config } = value as Partial<Action>
  return (
    typeof key === 'string' && ACTION_TYPES.includes(type as never) && typeof config === 'object' && config !== null
  )
}

/** Copied steps, also from another automation or tab. */
export function readClipboard(): readonly Action[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(value) ? value.filter(isAction) : []
  } catch {
    return []
  }
}

export function writeClipboard(actions: readonly Action[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(actions))
  } catch {
    // without storage, copies stay within the page
  }
}
