/** What was typed since a field was asked for; null while nothing is kept. */
let kept: string | null = null

/**
 * Keeps what is typed from now on, until the field that it is meant for takes it (`takeKeptKeys`). Escape or a click means that it is meant for
 * something else.
 */
export function keepKeys(): void {
  if (kept !== null) return
  kept = ''
  document.addEventListener('keydown', keep, { capture: true })
  document.addEventListener('pointerdown', takeKeptKeys, { capture: true })
}

/** The field has the keyboard's focus from now on. @returns what was typed before; empty when nothing was kept */
export function takeKeptKeys(): string {
  const text = kept ?? ''
  kept = null
  document.removeEventListener('keydown', keep, { capture: true })
  document.removeEventListener('pointerdown', takeKeptKeys, { capture: true })
  return text
}

function keep(event: KeyboardEvent): void {
  const { key, ctrlKey, metaKey, altKey } = event
  if (key === 'Escape') takeKeptKeys()
  // AltGr types characters too
  const isCommand = (ctrlKey || metaKey || altKey) && !event.getModifierState('AltGraph')
  if (kept === null || isCommand || event.isComposing) return
  if (key.length === 1) kept += key
  else if (key === 'Backspace') kept = kept.slice(0, -1)
  else if (key !== 'Enter') return
  // not for the page behind
  event.preventDefault()
  event.stopPropagation()
}
