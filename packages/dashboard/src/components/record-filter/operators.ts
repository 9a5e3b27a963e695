import { type FieldAnswer, filterOperatorsFor } from '@kantos/model'
import type { PickedOperator } from './rules.ts'

const ORDER: readonly PickedOperator[] = [
  '$eq',
  '$ne',
  '$contains',
  '$in',
  '$nin',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$empty',
  '$filled',
]
/** Text can be ordered, but nobody looks for it that way. */
const ORDER_OF_TEXT: ReadonlySet<PickedOperator> = new Set(['$gt', '$gte', '$lt', '$lte'])
const ORDERED_TYPES: ReadonlySet<FieldAnswer['type']> = new Set(['number', 'currency', 'date', 'datetime'])

/** The comparisons that a field offers. */
export function operatorsOf({ type }: Pick<FieldAnswer, 'type'>): PickedOperator[] {
  const known = filterOperatorsFor(type)
  return ORDER.filter((one) => {
    if (one === '$filled') return known.includes('$empty')
    return known.includes(one) && (ORDERED_TYPES.has(type) || !ORDER_OF_TEXT.has(one))
  })
}
