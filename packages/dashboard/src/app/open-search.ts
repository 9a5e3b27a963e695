import { keepKeys } from '../lib/kept-keys.ts'

const EVENT = 'kantos:search'

/** Opens the search over everything (Ctrl K). What is typed before its field is there is not lost. */
export function openSearch(): void {
  keepKeys()
  window.dispatchEvent(new Event(EVENT))
}

/** Calls back when the search is wanted. @returns stops it */
export function onSearch(callback: () => void): () => void {
  window.addEventListener(EVENT, callback)
  return () => window.removeEventListener(EVENT, callback)
}
