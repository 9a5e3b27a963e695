import type { FieldAnswer, ObjectAnswer, RecordAnswer } from '@kantos/model'
import { Link } from '@tanstack/react-router'
import type { CSSProperties } from 'react'
import { FieldValue } from '../../components/field-value.tsx'
import { recordTitle } from '../../lib/record-title.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { LazyCellEditor } from './lazy-cell-editor.tsx'
import { cellValue, isNumeric } from './grid-table.ts'
import classes from './records-grid.module.css'

interface GridCellProps {
  object: ObjectAnswer
  record: RecordAnswer
  field: FieldAnswer
  /** the first column also leads to the record */
  first: boolean
  row: number
  column: number
  style: CSSProperties
  /** the one cell that Tab reaches */
  focusable: boolean
  editing: boolean
  onFocus: () => void
  /** absent: it can't be edited */
  onEdit: (() => void) | undefined
  /** ends the editing; undefined: nothing changed */
  onDone: (change?: { value: unknown }) => void
}

/** Types whose value is shown as it is stored, so that a cut one can be read in full. */
const READ_AS_IS: ReadonlySet<FieldAnswer['type']> = new Set([
  'text',
  'long_text',
  'email',
  'phone',
  'url',
  'status',
  'dropdown',
])

/** One value of one record. */
export function GridCell(props: GridCellProps) {
  const { object, record, field, first, row, column, style, focusable, editing, onFocus, onEdit, onDone } = props
  const value = cellValue(record, field.slug)
  return (
    <div
      role="gridcell"
      aria-colindex={column + 2}
      aria-readonly={onEdit === undefined}
      tabIndex={focusable ? 0 : -1}
      data-row={row}
      data-column={column}
      className={`${classes.cell} ${first ? classes.pinned : ''} ${isNumeric(field) && !editing ? classes.numeric : ''}`}
      style={style}
      onFocus={onFocus}
      onDoubleClick={editing ? undefined : onEdit}
    >
      {editing ? (
        <LazyCellEditor field={field} value={value} onDone={onDone} />
      ) : first ? (
        <Link
          to="/records/$recordId"
          params={{ recordId: record.id }}
          tabIndex={-1}
          className={`${classes.title} truncate`}
          aria-label={words.open(recordTitle(record, object))}
        >
          {recordTitle(record, object)}
        </Link>
      ) : (
        <span className="truncate" title={typeof value === 'string' && READ_AS_IS.has(field.type) ? value : undefined}>
          <FieldValue field={field} value={value} links={false} />
        </span>
      )}
    </div>
  )
}
