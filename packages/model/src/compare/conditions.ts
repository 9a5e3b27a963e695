import type { Group, Rule } from '../conditions/index.ts'
import { isGroup } from '../conditions/index.ts'
import { pointer } from '../validate/problems.ts'
import { paired } from './align.ts'
import { type Comparison, isSame } from './difference.ts'
import { conditionWords } from './words.ts'

/**
 * What differs between two groups of rules.
 *
 * @param title what the lines begin with: `Condition`
 * @param path of the group
 */
export function compareGroups(before: Group, after: Group, title: string, path: string): Comparison {
  const result: Comparison = { words: [], changes: [] }
  if (before.match !== after.match) {
    result.words.push(`${title}s: “${matchWords(before)}” became “${matchWords(after)}”`)
    result.changes.push({ kind: 'changed', path: pointer(path, 'match'), from: before.match, to: after.match })
  }
  for (const [i, j] of paired<Rule | Group>(before.rules, after.rules, isSame, related)) {
    const from = i === null ? undefined : before.rules[i]!
    const to = j === null ? undefined : after.rules[j]!
    const at = pointer(path, 'rules', j ?? i!)
    if (from !== undefined && to !== undefined) {
      result.words.push(`${title} ${j! + 1}: “${conditionWords(from)}” became “${conditionWords(to)}”`)
      result.changes.push({ kind: 'changed', path: at, from, to })
    } else if (to !== undefined) {
      result.words.push(`${title} ${j! + 1} “${conditionWords(to)}” was added`)
      result.changes.push({ kind: 'added', path: at, to })
    } else {
      result.words.push(`${title} ${i! + 1} “${conditionWords(from!)}” was removed`)
      result.changes.push({ kind: 'removed', path: at, from })
    }
  }
  return result
}

function matchWords({ match }: Group): string {
  return match === 'all' ? 'all must hold' : 'any may hold'
}

/** A rule of the same field, or another group, is the same one changed. */
function related(a: Rule | Group, b: Rule | Group): boolean {
  return isGroup(a) || isGroup(b) ? isGroup(a) && isGroup(b) : a.field === b.field
}
