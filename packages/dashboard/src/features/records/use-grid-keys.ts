import { type KeyboardEvent, type RefObject, useState } from 'react'

interface GridKeys {
  rows: number
  columns: number
  /** holds the cells, marked `data-row` and `data-column` */
  grid: RefObject<HTMLElement | null>
  /** brings a row into the document */
  scrollTo: (row: number) => void
  onEdit: (row: number, column: number) => void
  onToggle: (row: number) => void
}

const PAGE = 15

/** The keys of a grid: one cell can be reached with Tab, arrow keys move on from it (the roving tabindex of WAI-ARIA). */
export function useGridKeys({ rows, columns, grid, scrollTo, onEdit, onToggle }: GridKeys) {
  const [active, setActive] = useState({ row: 0, column: 0 })
  const row = Math.min(active.row, rows - 1)
  const column = Math.min(active.column, columns - 1)

  function focus(toRow: number, toColumn: number): void {
    requestAnimationFrame(() => {
      grid.current?.querySelector<HTMLElement>(`[data-row="${toRow}"][data-column="${toColumn}"]`)?.focus()
    })
  }

  function move(toRow: number, toColumn: number): void {
    const next = {
      row: Math.max(0, Math.min(rows - 1, toRow)),
      column: Math.max(0, Math.min(columns - 1, toColumn)),
    }
    setActive(next)
    scrollTo(next.row)
    focus(next.row, next.column)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (!(event.target instanceof HTMLElement) || event.target.dataset['row'] === undefined) return
    if (event.metaKey || event.altKey) return
    const steps: Record<string, () => void> = {
      ArrowDown: () => move(row + 1, column),
      ArrowUp: () => move(row - 1, column),
      ArrowRight: () => move(row, column + 1),
      ArrowLeft: () => move(row, column - 1),
      PageDown: () => move(row + PAGE, column),
      PageUp: () => move(row - PAGE, column),
      Home: () => move(event.ctrlKey ? 0 : row, 0),
      End: () => move(event.ctrlKey ? rows - 1 : row, columns - 1),
      F2: () => onEdit(row, column),
      ' ': () => onToggle(row),
      Enter: () => {
        const link = column === 0 && event.target instanceof HTMLElement ? event.target.querySelector('a') : null
        if (link === null) onEdit(row, column)
        else link.click()
      },
    }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    step()
  }

  return {
    onKeyDown,
    focus,
    activate: (toRow: number, toColumn: number) => setActive({ row: toRow, column: toColumn }),
    isActive: (atRow: number, atColumn: number) => atRow === row && atColumn === column,
  }
}
