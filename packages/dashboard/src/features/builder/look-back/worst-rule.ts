import { type BacktestResult, type Group, isGroup, type Rule } from '@kantos/model'

/** The parts of a pointer such as `/conditions/rules/0/rules/1`, outermost first; empty when they aren't there any more. */
function partsAt(conditions: Group, pointer: string): (Rule | Group)[] {
  const parts: (Rule | Group)[] = [conditions]
  for (const [, index] of pointer.matchAll(/\/rules\/(\d+)/g)) {
    const group = parts.at(-1)!
    const part = isGroup(group) ? group.rules[Number(index)] : undefined
    if (part === undefined) return []
    parts.push(part)
  }
  return parts
}

/** The rule of a pointer; null when it isn't there any more. */
export function ruleAt(conditions: Group, pointer: string): Rule | null {
  const rule = partsAt(conditions, pointer).at(-1)
  return rule === undefined || isGroup(rule) ? null : rule
}

/**
 * The rule that kept the most out. One of a group of which any may hold keeps nothing out by itself.
 *
 * @returns its pointer; null when nothing was kept out, or there is but one rule
 */
export function worstRule(
  { rules, skipped }: Pick<BacktestResult, 'rules' | 'skipped'>,
  conditions: Group,
): string | null {
  if (skipped === 0 || rules.length < 2) return null
  const needed = rules.filter(({ path, failed }) => {
    const groups = partsAt(conditions, path).slice(0, -1)
    return failed > 0 && groups.every((group) => !isGroup(group) || group.match === 'all' || group.rules.length === 1)
  })
  return needed.toSorted((a, b) => b.failed - a.failed)[0]?.path ?? null
}
