/** Of a choice the one that is taken. */
const FIELDS =
  'input:not([type=hidden], [type=radio]:not(:checked)):not(:disabled), textarea:not(:disabled), [contenteditable=true], select:not(:disabled)'

/** Once what was just changed is drawn. */
export function afterDrawing(then: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(then))
}

/**
 * Puts the keyboard's focus into a panel.
 *
 * @param place where in the part: the field of that `data-path`, else of the nearest one above it; without it what is marked `data-begin`, else the
 *   first field
 */
export function focusPlace(panel: HTMLElement | null, place?: string): void {
  if (panel === null) return
  const body = panel.querySelector<HTMLElement>('[data-panel-body]') ?? panel
  const around = place === undefined ? null : nearest(body, place)
  const field = around?.matches(FIELDS) === true ? around : (around ?? body).querySelector<HTMLElement>(FIELDS)
  const first = place === undefined ? body.querySelector<HTMLElement>('[data-begin]') : null
  const target = first ?? field ?? body.querySelector<HTMLElement>(FIELDS) ?? body.querySelector<HTMLElement>('button')
  target?.focus()
  target?.scrollIntoView({ block: 'nearest' })
}

function nearest(body: HTMLElement, place: string): HTMLElement | null {
  for (let path = place; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const found = body.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)
    if (found !== null) return found
  }
  return null
}
