import { type Group, isGroup, type Rule, type Run, valueShape } from '@kantos/model'

type GroupResult = { match: 'all' | 'any'; passed: boolean; rules: Run['conditions']['rules'] }

/** What was seen of one rule: [actual, passed, why?, expected?]; the words are the version's. */
type Seen = readonly [actual: unknown, passed: 0 | 1, why?: string | null, expected?: unknown]

const NONE: Group = { match: 'all', rules: [] }

/**
 * A run's conditions for reading: the version's rules with what was seen of each, and the verdict of each group.
 *
 * @param conditions the version's; null: the version is gone
 * @param seen flat, in the order of the rules; null: they were not judged, or there are none
 */
export function readConditions(conditions: Group | null, seen: readonly Seen[] | null): GroupResult {
  const group = conditions ?? NONE
  if (seen === null) return { match: group.match, passed: group.rules.length === 0, rules: [] }
  let next = 0
  const read = (item: Rule | Group): Run['conditions']['rules'][number] => {
    if (isGroup(item)) return verdictOf(item.match, item.rules.map(read))
    const entry = seen[next++]
    const actual = entry?.[0] ?? null
    const passed = entry?.[1] === 1
    const why = entry?.[2] ?? undefined
    const { field, operator } = item
    const shown =
      valueShape(operator) === 'none'
        ? { field, operator, actual, passed }
        : {
            field,
            operator,
            expected: (entry !== undefined && entry.length > 3 ? entry[3] : item.value) ?? null,
            actual,
            passed,
          }
    return why === undefined ? shown : { ...shown, why }
  }
  return verdictOf(group.match, group.rules.map(read))
}

function verdictOf(match: 'all' | 'any', rules: Run['conditions']['rules']): GroupResult {
  const passed =
    rules.length === 0 || (match === 'all' ? rules.every((rule) => rule.passed) : rules.some((rule) => rule.passed))
  return { match, passed, rules }
}
