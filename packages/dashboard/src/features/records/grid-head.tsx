import type { FieldAnswer, RecordAnswer } from '@kantos/model'
import { Checkbox } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { ReactTable } from '@tanstack/react-table'
import { recordStrings as words } from '../../strings/records.ts'
import { type features, isNumeric } from './grid-table.ts'
import classes from './records-grid.module.css'

interface GridHeadProps {
  fields: ReadonlyMap<string, FieldAnswer>
  table: ReactTable<typeof features, RecordAnswer>
  /** px, of the column with the checkboxes */
  width: number
}

/** The names of the columns: a click sorts, the right edge resizes. */
export function GridHead({ table, fields, width }: GridHeadProps) {
  const [group] = table.getHeaderGroups()
  return (
    <div role="rowgroup" className={classes.head}>
      <div role="row" aria-rowindex={1} className={classes.headRow}>
        <div role="columnheader" aria-colindex={1} className={classes.select} style={{ width }}>
          <Checkbox
            size="xs"
            aria-label={words.selectAll}
            checked={table.getIsAllRowsSelected()}
            indeterminate={!table.getIsAllRowsSelected() && table.getIsSomeRowsSelected()}
            onChange={(event) => table.toggleAllRowsSelected(event.currentTarget.checked)}
          />
        </div>
        {group?.headers.map((header, index) => {
          const sorted = header.column.getIsSorted()
          const name = String(header.column.columnDef.header)
          return (
            <div
              key={header.id}
              role="columnheader"
              aria-colindex={index + 2}
              aria-sort={sorted === false ? 'none' : sorted === 'asc' ? 'ascending' : 'descending'}
              className={`${classes.headCell} ${index === 0 ? classes.pinned : ''}`}
              style={{ width: header.getSize(), left: index === 0 ? width : undefined }}
            >
              <button
                type="button"
                className={classes.sort}
                data-numeric={isNumeric(fields.get(header.id) as FieldAnswer)}
                title={words.sortBy(name)}
                onClick={header.column.getToggleSortingHandler()}
              >
                <span className="truncate">{name}</span>
                {sorted === 'asc' && <IconArrowUp size={13} aria-hidden />}
                {sorted === 'desc' && <IconArrowDown size={13} aria-hidden />}
              </button>
              <div
                className={classes.resizer}
                onMouseDown={header.getResizeHandler()}
                onTouchStart={header.getResizeHandler()}
                onDoubleClick={() => header.column.resetSize()}
                aria-hidden="true"
              />
            </div>
          )
        })}
      </div>
    </div>
  )
}
