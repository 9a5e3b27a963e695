import { ACTIONS } from '../actions/index.ts'
import type { BranchArm } from '../actions/branch.ts'
import type { Action } from '../automation.ts'
import type { Group, Rule } from '../conditions/index.ts'
import { isGroup } from '../conditions/index.ts'
import { pointer } from '../validate/problems.ts'
import { aligned } from './align.ts'
import { compareGroups } from './conditions.ts'
import { type Comparison, leaves } from './difference.ts'
import { valueWords } from './words.ts'

/** An action with where it stands. */
interface Place {
  action: Action
  path: string
  /** pointer of its list with keys of steps instead of numbers, so that it means the same in both documents */
  list: string
  /** what the list is called */
  listWords: string
  at: number
}

/**
 * What differs between two lists of actions: steps are told apart by their keys, also in branches, loops and error paths.
 */
export function compareActions(before: readonly Action[], after: readonly Action[]): Comparison {
  const result: Comparison = { words: [], changes: [] }
  const old = new Map(placesOf(before).map((place) => [place.action.key, place]))
  const now = new Map(placesOf(after).map((place) => [place.action.key, place]))
  const kept = keptOrder([...old.values()], [...now.values()])
  for (const place of now.values()) {
    const earlier = old.get(place.action.key)
    if (earlier === undefined || earlier.action.type !== place.action.type) {
      if (earlier !== undefined) gone(result, earlier)
      result.words.push(`${stepWords(place.action)} was added${whereWords(place)}`)
      result.changes.push({ kind: 'added', path: place.path, to: place.action })
      continue
    }
    if (earlier.list !== place.list || !kept.has(place.action.key)) {
      result.words.push(`${stepWords(place.action)} was moved${whereWords(place, now)}`)
      result.changes.push({ kind: 'moved', path: place.path, from: earlier.path, to: place.path })
    }
    compareAction(result, earlier, place)
  }
  for (const place of old.values()) if (!now.has(place.action.key)) gone(result, place)
  return result
}

function gone(result: Comparison, { action, path }: Place): void {
  result.words.push(`${stepWords(action)} was removed`)
  result.changes.push({ kind: 'removed', path, from: action })
}

/** `Step Send Email “Welcome”` */
export function stepWords({ name, key, type }: Action): string {
  return `Step ${ACTIONS[type].label} “${name ?? key}”`
}

function whereWords({ list, listWords, at }: Place, all?: ReadonlyMap<string, Place>): string {
  const into = listWords === '' ? '' : ` into ${listWords}`
  if (all === undefined) return into
  const next = [...all.values()].find((other) => other.list === list && other.at === at - 1)
  return next === undefined ? `${into} to the beginning` : `${into} behind “${next.action.name ?? next.action.key}”`
}

function placesOf(actions: readonly Action[], path = '/actions', list = 'actions', listWords = ''): Place[] {
  return actions.flatMap((action, at) => {
    const own = pointer(path, at)
    const said = `“${action.name ?? action.key}”`
    const places: Place[] = [{ action, path: own, list, listWords, at }]
    const inner = (actions: readonly Action[], where: string, way: string, words: string) =>
      places.push(...placesOf(actions, where, `${action.key}/${way}`, words))
    if (action.type === 'branch')
      for (const [i, arm] of armsOf(action).entries()) {
        const arm_path = pointer(own, 'config', 'conditions', i)
        if ('else' in arm) inner(arm.else, pointer(arm_path, 'else'), 'else', `the last way of ${said}`)
        else inner(arm.then, pointer(arm_path, 'then'), `${i}`, `way ${i + 1} of ${said}`)
      }
    if (action.type === 'for_each')
      inner(action.config.actions as Action[], pointer(own, 'config', 'actions'), 'each', `the loop ${said}`)
    if (typeof action.on_error === 'object')
      inner(action.on_error.actions, pointer(own, 'on_error', 'actions'), 'error', `the error path of ${said}`)
    return places
  })
}

function armsOf(action: Action): BranchArm[] {
  return action.config.conditions as BranchArm[]
}

/** Keys of the steps that stand in the same order in their lists: as many as can, so that the fewest count as moved. */
function keptOrder(before: readonly Place[], after: readonly Place[]): ReadonlySet<string> {
  const keysOf = (places: readonly Place[]) => Map.groupBy(places, ({ list }) => list)
  const old = keysOf(before)
  const kept = new Set<string>()
  for (const [list, places] of keysOf(after)) {
    const same = aligned(old.get(list) ?? [], places, (a, b) => a.action.key === b.action.key)
    for (const [, at] of same) kept.add(places[at]!.action.key)
  }
  return kept
}

function compareAction(result: Comparison, before: Place, after: Place): void {
  const step = stepWords(after.action)
  const say = (keys: readonly string[], from: unknown, to: unknown, name = keys.join(' › ')) => {
    const path = pointer(after.path, ...keys)
    const kind = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    const label = name === '' ? '' : `${name} `
    const words =
      kind === 'added'
        ? `${label}“${valueWords(to)}” was added`
        : kind === 'removed'
          ? `${label}“${valueWords(from)}” was removed`
          : `${label}“${valueWords(from)}” became “${valueWords(to)}”`
    result.words.push(`${step}: ${words}`)
    result.changes.push({ kind, path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) })
  }
  const { action: one } = before
  const { action: two } = after
  if (one.name !== two.name) say(['name'], one.name, two.name)
  for (const { keys, from, to } of leaves(plainConfig(one), plainConfig(two)))
    say(['config', ...keys], from, to, keys.join(' › '))
  if (errorWay(one) !== errorWay(two)) say(['on_error'], errorWay(one), errorWay(two), 'on failure')
  if (one.type === 'branch') compareArms(result, step, one, two, after.path)
}

/** Its config without the actions below it. */
function plainConfig({ type, config }: Action): Record<string, unknown> {
  if (type === 'branch') return {}
  if (type !== 'for_each') return config
  const { actions: _, ...rest } = config
  return rest
}

function errorWay({ on_error: way }: Action): string {
  return typeof way === 'object' ? 'run other steps' : (way ?? 'stop')
}

function compareArms(result: Comparison, step: string, one: Action, two: Action, path: string): void {
  const before = armsOf(one)
  const after = armsOf(two)
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const from = before[i]
    const to = after[i]
    const at = pointer(path, 'config', 'conditions', i)
    if (from === undefined || to === undefined) {
      result.words.push(`${step}: way ${i + 1} was ${from === undefined ? 'added' : 'removed'}`)
      result.changes.push(from === undefined ? { kind: 'added', path: at, to } : { kind: 'removed', path: at, from })
    } else if ('else' in from || 'else' in to) {
      if ('else' in from === 'else' in to) continue
      result.words.push(
        `${step}: way ${i + 1} became ${'else' in to ? 'the way when nothing else holds' : 'a condition'}`,
      )
      result.changes.push({ kind: 'changed', path: at, from, to })
    } else {
      const found = compareGroups(grouped(from.if), grouped(to.if), 'condition', pointer(at, 'if'))
      result.words.push(...found.words.map((words) => `${step}: way ${i + 1}: ${words}`))
      result.changes.push(...found.changes)
    }
  }
}

function grouped(item: Rule | Group): Group {
  return isGroup(item) ? item : { match: 'all', rules: [item] }
}
