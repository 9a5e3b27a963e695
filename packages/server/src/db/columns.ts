import { jsonArray, plainArray, textArray } from './arrays.ts'

/** A column of rows on their way to a statement: its name, its type there, and the value a row has in it. */
export interface Column<Row> {
  name: string
  type: 'uuid' | 'int' | 'bigint' | 'smallint' | 'boolean' | 'timestamptz' | 'text' | 'json'
  of(row: Row): unknown
}

/**
 * The parameters of rows, in the order of their columns: an array a column, or, for one row, its values as they are. Text
 * arrays go in binary form; of `json` columns the values become text here.
 *
 * @param single the statement was made by `rowsSource` for one row
 */
export function columnValues<Row>(columns: readonly Column<Row>[], rows: readonly Row[], single: boolean): unknown[] {
  if (single) {
    const row = rows[0]!
    return columns.map(({ type, of }) => {
      const value = of(row) ?? null
      if (type === 'json') return value === null ? null : JSON.stringify(value)
      return value instanceof Date ? value.toISOString() : value
    })
  }
  return columns.map(({ type, of }) => {
    const values = rows.map((row) => of(row) ?? null)
    if (type === 'json') return jsonArray(values)
    return type === 'text' ? textArray(values as (string | null)[]) : plainArray(values as (string | null)[])
  })
}

/**
 * The rows of `columnValues` as a FROM item `x`, with `n` counting them from 1. One row, which is what most writes are, is
 * a row of parameters: a function that unpacks two dozen arrays takes longer than what is done with the row.
 *
 * @param first the number of the first parameter
 */
export function rowsSource(columns: readonly Column<never>[], first: number, single: boolean): string {
  const names = columns.map(({ name }) => name).join(', ')
  const types = columns.map(({ type }) => (type === 'json' ? 'text' : type))
  if (single) return `(values (${types.map((type, i) => `$${first + i}::${type}`).join(', ')}, 1)) as x(${names}, n)`
  const arrays = types.map((type, i) => `$${first + i}::${type}[]`).join(', ')
  return `unnest(${arrays}) with ordinality as x(${names}, n)`
}
