import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import classes from './virtual-rows.module.css'

interface VirtualRowsProps {
  /** rows that are there */
  count: number
  /** px */
  rowHeight: number
  /** of a row that is there; the key must be stable */
  rowKey: (index: number) => string
  row: (index: number) => ReactNode
  /** stands above the rows and stays in sight; a row of role `row` */
  head?: ReactNode
  /** rows that there are in all, for screen readers */
  total?: number
  /** name of the table */
  label: string
  /** called when the last rows come into sight */
  onEnd?: () => void
  /** px; the rows scroll sideways when the room is narrower */
  minWidth?: number
}

/** A table of any length: only the rows in sight are in the document. Its rows have role `row`, their parts role `cell`. */
export function VirtualRows({ count, rowHeight, rowKey, row, head, total, label, onEnd, minWidth }: VirtualRowsProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: rowKey,
    overscan: 12,
  })
  const items = virtualizer.getVirtualItems()
  const last = items.at(-1)?.index ?? 0

  useEffect(() => {
    if (count > 0 && last >= count - 30) onEnd?.()
  }, [last, count, onEnd])

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable with the keyboard
    <div ref={scroller} className={classes.scroller} tabIndex={0} role="region" aria-label={label}>
      <div role="table" aria-label={label} aria-rowcount={(total ?? count) + 1} style={{ minWidth }}>
        {head !== undefined && (
          <div role="rowgroup" className={classes.head}>
            {head}
          </div>
        )}
        <div role="rowgroup" className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={classes.row}
              style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
            >
              {row(item.index)}
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
