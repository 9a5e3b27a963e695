/**
 * Enter in an open list takes the option that is highlighted.
 *
 * The component library counts the options by an index of its own, which it sets a moment after the list has opened. An arrow key that came
 * before that moment moved the highlight but not the index: Enter did nothing then, or took another option than the one in colour.
 */
export function enterTakesHighlighted(): void {
  document.addEventListener('keydown', take, { capture: true })
}

function take(event: KeyboardEvent): void {
  const { target } = event
  if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229 || !(target instanceof HTMLElement)) return
  if (target.role !== 'combobox' || target.ariaExpanded !== 'true') return
  const list = document.getElementById(target.getAttribute('aria-controls') ?? '')
  const highlighted = list?.querySelector<HTMLElement>('[data-combobox-selected]')
  if (highlighted === null || highlighted === undefined) return
  event.preventDefault()
  event.stopPropagation()
  highlighted.click()
}
