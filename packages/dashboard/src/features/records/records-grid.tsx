import type { FieldAnswer, ObjectAnswer, RecordAnswer } from '@kantos/model'
import { Checkbox } from '@mantine/core'
import { useTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, useEffect, useMemo, useRef, useState } from 'react'
import { shownFields } from '../../lib/fields.ts'
import { recordTitle } from '../../lib/record-title.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { GridCell } from './grid-cell.tsx'
import { GridHead } from './grid-head.tsx'
import { columnsOf, features, isEditable } from './grid-table.ts'
import classes from './records-grid.module.css'
import { useGridKeys } from './use-grid-keys.ts'
import { useUpdateRecord } from './use-record-changes.ts'

interface RecordsGridProps {
  object: ObjectAnswer
  records: RecordAnswer[]
  /** records that there are in all */
  total: number
  hidden: ReadonlySet<string>
  /** a slug, with `-` before it for descending order */
  sort: string
  onSort: (sort: string) => void
  selected: ReadonlySet<string>
  onSelect: (selected: ReadonlySet<string>) => void
  editable: boolean
  onEnd: () => void
}

const ROW_HEIGHT = 40
const SELECT_WIDTH = 44

/**
 * Records as a grid that holds only the rows in sight. Arrow keys move, Enter edits, Escape leaves, Space selects.
 * Source: SPEC.md, section 13
 */
export function RecordsGrid(props: RecordsGridProps) {
  const { object, records, total, hidden, sort, onSort, selected, onSelect, editable, onEnd } = props
  const columns = useMemo(() => columnsOf(object), [object])
  const fields = useMemo(() => new Map(shownFields(object).map((field) => [field.slug, field])), [object])
  const table = useTable({
    features,
    columns,
    data: records,
    getRowId: (record) => record.id,
    columnResizeMode: 'onChange',
    manualSorting: true,
    enableSortingRemoval: false,
    state: {
      columnVisibility: Object.fromEntries([...hidden].map((slug) => [slug, false])),
      sorting: [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }],
      rowSelection: Object.fromEntries([...selected].map((id) => [id, true as const])),
    },
    onSortingChange: (update) => {
      const before = [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]
      const [first] = typeof update === 'function' ? update(before) : update
      if (first !== undefined) onSort(`${first.desc ? '-' : ''}${first.id}`)
    },
    onRowSelectionChange: (update) => {
      const before = Object.fromEntries([...selected].map((id) => [id, true as const]))
      onSelect(new Set(Object.keys(typeof update === 'function' ? update(before) : update)))
    },
  })

  const scroller = useRef<HTMLDivElement>(null)
  const rows = table.getRowModel().rows
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]!.id,
    overscan: 10,
    scrollPaddingStart: ROW_HEIGHT,
  })
  const items = virtualizer.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= rows.length - 30) onEnd()
  }, [last, rows.length, onEnd])

  const visible = table.getVisibleLeafColumns()
  const slugs = visible.map(({ id }) => id)
  const update = useUpdateRecord(object)
  const [editing, setEditing] = useState<{ id: string; slug: string } | null>(null)
  const canEdit = (slug: string) => editable && isEditable(fields.get(slug) as FieldAnswer)
  const keyboard = useGridKeys({
    rows: rows.length,
    columns: slugs.length,
    grid: scroller,
    scrollTo: (row) => virtualizer.scrollToIndex(row),
    onEdit: (row, column) => {
      const slug = slugs[column]!
      if (canEdit(slug)) setEditing({ id: rows[row]!.id, slug })
    },
    onToggle: (row) => rows[row]!.toggleSelected(),
  })

  const width = SELECT_WIDTH + table.getTotalSize()
  return (
    <div ref={scroller} className={classes.scroller}>
      <div
        role="grid"
        aria-label={object.name}
        aria-rowcount={total + 1}
        aria-colcount={slugs.length + 1}
        aria-multiselectable
        aria-describedby="grid-help"
        style={{ width, minWidth: '100%' }}
        tabIndex={-1}
        onKeyDown={editing === null ? keyboard.onKeyDown : undefined}
      >
        <p id="grid-help" className="visually-hidden">
          {words.gridHelp}
        </p>
        <GridHead table={table} fields={fields} width={SELECT_WIDTH} />
        <div role="rowgroup" className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index]!
            const record = row.original
            const chosen = row.getIsSelected()
            return (
              <div
                key={row.id}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={chosen}
                className={classes.row}
                style={{ height: ROW_HEIGHT, transform: `translateY(${item.start}px)` }}
              >
                <div role="gridcell" aria-colindex={1} className={classes.select} style={{ width: SELECT_WIDTH }}>
                  <Checkbox
                    size="xs"
                    tabIndex={-1}
                    aria-label={words.select(recordTitle(record, object))}
                    checked={chosen}
                    onChange={() => row.toggleSelected()}
                  />
                </div>
                {visible.map((column, index) => (
                  <GridCell
                    key={column.id}
                    object={object}
                    record={record}
                    field={fields.get(column.id) as FieldAnswer}
                    first={index === 0}
                    column={index}
                    row={item.index}
                    style={sizeOf(column.getSize(), index === 0)}
                    focusable={keyboard.isActive(item.index, index)}
                    editing={editing?.id === record.id && editing.slug === column.id}
                    onFocus={() => keyboard.activate(item.index, index)}
                    onEdit={canEdit(column.id) ? () => setEditing({ id: record.id, slug: column.id }) : undefined}
                    onDone={(value) => {
                      setEditing(null)
                      keyboard.focus(item.index, index)
                      if (value !== undefined) update.mutate({ record, values: { [column.id]: value.value } })
                    }}
                  />
                ))}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function sizeOf(width: number, first: boolean): CSSProperties {
  return first ? { width, left: SELECT_WIDTH } : { width }
}
