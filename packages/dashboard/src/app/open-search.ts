const EVENT = 'kantos:search'

/** Opens the search over everything (Ctrl K). */
export function openSearch(): void {
  window.dispatchEvent(new Event(EVENT))
}

/** Calls back when the search is wanted. @returns stops it */
export function onSearch(callback: () => void): () => void {
  window.addEventListener(EVENT, callback)
  return () => window.removeEventListener(EVENT, callback)
}
