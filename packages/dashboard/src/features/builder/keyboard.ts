import type { KeyboardEvent } from 'react'
import type { DraftState } from './state/use-draft.ts'
import type { Editing } from './state/use-editing.ts'

/**
 * The keys of the flow that change something. Keys typed into a field never get here.
 *
 * @returns true when the key was taken
 */
export function flowKey(event: KeyboardEvent, editing: Editing): boolean {
  const command = event.ctrlKey || event.metaKey
  const key = event.key.toLowerCase()
  if (command && !event.altKey) {
    if (window.getSelection()?.isCollapsed === false && (key === 'c' || key === 'x')) return false
    if (key === 'c') editing.copy()
    else if (key === 'x') editing.cut()
    else if (key === 'v') editing.paste()
    else if (key === 'd') editing.duplicate()
    else return false
    return true
  }
  if (event.altKey && (key === 'arrowup' || key === 'arrowdown')) editing.moveSelected(key === 'arrowup' ? -1 : 1)
  else if (event.altKey && (key === 'arrowleft' || key === 'arrowright'))
    editing.moveSelected(key === 'arrowleft' ? -1 : 1)
  else if (key === '+' || key === 'insert') editing.insertAfterSelected()
  else if (key === 'delete' || key === 'backspace') editing.remove()
  else return false
  return true
}

/**
 * The keys of the whole page: undo, redo, save, try.
 *
 * @returns true when the key was taken
 */
export function pageKey(event: KeyboardEvent, state: DraftState, onSave: () => void, onTry: () => void): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false
  const key = event.key.toLowerCase()
  const inEditor = (event.target as HTMLElement).closest('.cm-editor') !== null
  if (key === 's') onSave()
  else if (key === 'enter') onTry()
  else if (inEditor) return false
  else if (key === 'z' && !event.shiftKey) state.undo()
  else if (key === 'y' || (key === 'z' && event.shiftKey)) state.redo()
  else return false
  return true
}
