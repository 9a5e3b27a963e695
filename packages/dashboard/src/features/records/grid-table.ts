import type { FieldAnswer, ObjectAnswer, RecordAnswer } from '@kantos/model'
import {
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  rowSelectionFeature,
  rowSortingFeature,
  tableFeatures,
} from '@tanstack/react-table'
import { shownFields, SYSTEM } from '../../lib/fields.ts'

export const features = tableFeatures({
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
  rowSelectionFeature,
  rowSortingFeature,
})
const helper = createColumnHelper<typeof features, RecordAnswer>()

const WIDTHS: Partial<Record<FieldAnswer['type'], number>> = {
  number: 120,
  currency: 130,
  boolean: 100,
  date: 140,
  datetime: 190,
  email: 220,
  status: 140,
  dropdown: 140,
  long_text: 260,
}

/** What a record shows in a column. */
export function cellValue(record: RecordAnswer, slug: string): unknown {
  if (slug === 'created_at' || slug === 'updated_at') return record[slug]
  return record.field_values[slug]
}

/** Whether a column is read from its right end: digits stand below digits. */
export function isNumeric({ type }: Pick<FieldAnswer, 'type'>): boolean {
  return type === 'number' || type === 'currency'
}

/** Whether a field's column can be edited in place. */
export function isEditable(field: FieldAnswer): boolean {
  return !SYSTEM.includes(field)
}

/** The columns of an object: its fields, then what every record has. */
export function columnsOf(object: ObjectAnswer) {
  return helper.columns(
    shownFields(object).map((field, index) =>
      helper.accessor((record) => cellValue(record, field.slug), {
        id: field.slug,
        header: field.name,
        size: index === 0 ? 240 : (WIDTHS[field.type] ?? 170),
        minSize: 80,
        enableHiding: index > 0,
        enableSorting: true,
        sortDescFirst: false,
      }),
    ),
  )
}
