import type { AutomationDocument } from '../automation.ts'
import type { Group } from '../conditions/index.ts'
import { pointer } from '../validate/problems.ts'
import { compareGroups } from './conditions.ts'
import { type Comparison, isSame, leaves } from './difference.ts'
import { compareActions } from './steps.ts'
import { enrolmentWords, triggerWords, valueWords } from './words.ts'

export type { Comparison, Difference } from './difference.ts'
export { stepWords } from './steps.ts'
export { conditionWords, triggerWords } from './words.ts'

/** A document with the head that it is saved with. */
export type Comparable = AutomationDocument & {
  name?: string
  description?: string
  status?: string
  mode?: string
}

const OWN_PARTS = new Set(['trigger', 'conditions', 'actions', 'exit', 'enrolment', 'on_import', 'serial'])
const LABELS: Readonly<Record<string, string>> = {
  name: 'Name',
  description: 'Description',
  status: 'Status',
  mode: 'Mode',
}

/**
 * What differs between two versions of an automation, in words and as JSON.
 *
 * @param before the earlier one, as it is stored
 * Source: SPEC.md, section 3
 */
export function compareAutomations(before: Comparable, after: Comparable): Comparison {
  const result: Comparison = { words: [], changes: [] }
  const became = (path: string, label: string, from: unknown, to: unknown, words: (value: never) => string) => {
    if (isSame(from, to)) return
    result.words.push(`${label}: “${words(from as never)}” became “${words(to as never)}”`)
    const kind = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    result.changes.push({ kind, path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) })
  }
  for (const part of new Set([...Object.keys(LABELS), ...Object.keys(before), ...Object.keys(after)])) {
    if (OWN_PARTS.has(part)) continue
    const [from, to] = [before, after].map((one) => (one as unknown as Record<string, unknown>)[part])
    became(pointer('', part), LABELS[part] ?? part.replaceAll('_', ' '), from, to, valueWords)
  }
  if (!isSame(before.trigger, after.trigger)) {
    result.words.push(`Trigger: “${triggerWords(before.trigger)}” became “${triggerWords(after.trigger)}”`)
    for (const { keys, from, to } of leaves(before.trigger, after.trigger)) {
      const kind = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
      result.changes.push({ kind, path: pointer('/trigger', ...keys), from, to })
    }
  }
  add(result, compareGroups(before.conditions, after.conditions, 'Condition', '/conditions'))
  became('/enrolment', 'Enrolment', before.enrolment, after.enrolment, enrolmentWords)
  became('/on_import', 'Imports', before.on_import, after.on_import, importWords)
  // false is as good as absent
  became('/serial', 'Runs of a record', before.serial || undefined, after.serial || undefined, serialWords)
  add(result, compareExits(before.exit, after.exit))
  add(result, compareActions(before.actions, after.actions))
  return result
}

function compareExits(before: Group | undefined, after: Group | undefined): Comparison {
  const none: Group = { match: 'all', rules: [] }
  // the first rules decide what `match` means
  const from = before ?? { ...none, match: after?.match ?? 'all' }
  const to = after ?? { ...none, match: before?.match ?? 'all' }
  return compareGroups(from, to, 'Exit condition', '/exit')
}

function add(result: Comparison, { words, changes }: Comparison): void {
  result.words.push(...words)
  result.changes.push(...changes)
}

const importWords = (value: string | undefined) => (value === 'skip' ? 'start nothing' : 'start it')
const serialWords = (value: boolean | undefined) => (value === true ? 'one after another' : 'side by side')
