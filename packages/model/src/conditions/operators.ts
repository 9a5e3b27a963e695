import type { FieldType } from '../field.ts'

export const OPERATORS = [
  'equals',
  'not_equals',
  'contains',
  'not_contains',
  'starts_with',
  'ends_with',
  'is_empty',
  'is_not_empty',
  'greater_than',
  'less_than',
  'greater_or_equal',
  'less_or_equal',
  'between',
  'in',
  'not_in',
  'changed',
  'not_changed',
  'changed_to',
  'changed_from',
  'increased',
  'decreased',
] as const
export type Operator = (typeof OPERATORS)[number]

/** How an operator reads between a field and a value on screens: "status is new", "amount is more than 100". */
export const OPERATOR_LABELS: Record<Operator, string> = {
  equals: 'is',
  not_equals: 'is not',
  contains: 'contains',
  not_contains: 'does not contain',
  starts_with: 'starts with',
  ends_with: 'ends with',
  is_empty: 'is empty',
  is_not_empty: 'is not empty',
  greater_than: 'is more than',
  less_than: 'is less than',
  greater_or_equal: 'is at least',
  less_or_equal: 'is at most',
  between: 'is between',
  in: 'is one of',
  not_in: 'is none of',
  changed: 'changed',
  not_changed: 'did not change',
  changed_to: 'changed to',
  changed_from: 'changed from',
  increased: 'increased',
  decreased: 'decreased',
}

const EQUALITY: readonly Operator[] = ['equals', 'not_equals']
const EMPTINESS: readonly Operator[] = ['is_empty', 'is_not_empty']
const MEMBERSHIP: readonly Operator[] = ['in', 'not_in']
const SUBSTRING: readonly Operator[] = ['contains', 'not_contains', 'starts_with', 'ends_with']
const ORDER: readonly Operator[] = ['greater_than', 'less_than', 'greater_or_equal', 'less_or_equal', 'between']
const CHANGE: readonly Operator[] = ['changed', 'not_changed', 'changed_to', 'changed_from']
const DIRECTION: readonly Operator[] = ['increased', 'decreased']

const inOrder = (...groups: (readonly Operator[])[]): readonly Operator[] => {
  const wanted = new Set(groups.flat())
  return OPERATORS.filter((operator) => wanted.has(operator))
}
const TEXT = inOrder(EQUALITY, SUBSTRING, EMPTINESS, MEMBERSHIP, CHANGE)
const ORDERED = inOrder(EQUALITY, EMPTINESS, ORDER, MEMBERSHIP, CHANGE, DIRECTION)
const EXACT = inOrder(EQUALITY, EMPTINESS, MEMBERSHIP, CHANGE)
const SET = inOrder(EQUALITY, ['contains', 'not_contains'], EMPTINESS, MEMBERSHIP, ['changed', 'not_changed'])

const BY_TYPE: Record<FieldType | 'any', readonly Operator[]> = {
  text: TEXT,
  long_text: TEXT,
  email: TEXT,
  phone: TEXT,
  url: TEXT,
  dropdown: TEXT,
  status: TEXT,
  number: ORDERED,
  currency: ORDERED,
  date: ORDERED,
  datetime: ORDERED,
  boolean: EXACT,
  reference: EXACT,
  user: EXACT,
  multi_select: SET,
  any: OPERATORS,
}

/** The operators that fit a field's type, in the order of OPERATORS; 'any' is a path whose type is known at run time only. Source: SPEC-DETAILS.md, section 5 */
export function operatorsFor(type: FieldType | 'any'): readonly Operator[] {
  return BY_TYPE[type]
}

/** What an operator wants as its value: nothing, one value, a list of any length, or a list of two. */
export type ValueShape = 'none' | 'one' | 'list' | 'range'

/** Source: SPEC.md, section 5; SPEC-DETAILS.md, section 5 */
export function valueShape(operator: Operator): ValueShape {
  if (operator === 'in' || operator === 'not_in') return 'list'
  if (operator === 'between') return 'range'
  if (EMPTINESS.includes(operator) || DIRECTION.includes(operator)) return 'none'
  return operator === 'changed' || operator === 'not_changed' ? 'none' : 'one'
}

/** True for the operators that compare with the value before the event. */
export function looksBack(operator: Operator): boolean {
  return CHANGE.includes(operator) || DIRECTION.includes(operator)
}
