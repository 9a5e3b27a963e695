import { ACTIONS, type Action } from '@kantos/model'
import { childLists, eachAction, ERROR_ARM, type ListRef, listAt } from '../../../components/flow/structure.ts'
import type { Draft } from './draft.ts'

/** One difference: at a part of the automation, one value. Absent values are undefined. */
export interface Difference {
  /** `trigger`, `conditions`, `name`, … or a step's key */
  part: string
  /** what a step is called */
  name?: string
  kind: 'added' | 'removed' | 'moved' | 'changed'
  /** of a changed value: its path within the part, `config.to` */
  path?: string
  before?: unknown
  after?: unknown
}

const FIRST_PARTS = ['name', 'description', 'trigger', 'conditions'] as const

/**
 * What differs between two versions, in the order of the later one.
 *
 * @param before the earlier version
 * Source: SPEC.md, section 3
 */
export function compareDrafts(before: Draft, after: Draft): Difference[] {
  const found: Difference[] = []
  const parts = new Set([...FIRST_PARTS, ...Object.keys(before), ...Object.keys(after)])
  parts.delete('actions')
  for (const part of parts)
    for (const leaf of leaves(before[part], after[part], '')) found.push({ part, kind: 'changed', ...leaf })
  const old = new Map([...eachAction(before.actions)].map((place) => [place.action.key, place]))
  const seen = new Set<string>()
  for (const { action, slot } of eachAction(after.actions)) {
    const earlier = old.get(action.key)
    const at = { part: action.key, name: nameOf(action) }
    seen.add(action.key)
    if (earlier === undefined) found.push({ ...at, kind: 'added' })
    else {
      const isElsewhere = earlier.slot.owner !== slot.owner || earlier.slot.arm !== slot.arm
      if (isElsewhere || !keptOrder(before, after, slot).has(action.key)) found.push({ ...at, kind: 'moved' })
      for (const leaf of leaves(own(earlier.action), own(action), '')) found.push({ ...at, kind: 'changed', ...leaf })
    }
  }
  for (const [key, { action }] of old)
    if (!seen.has(key)) found.push({ part: key, name: nameOf(action), kind: 'removed' })
  return found
}

function nameOf({ name, type }: Action): string {
  return name ?? ACTIONS[type].label
}

/** The keys of a list that stand in the same order in both versions: as many as can, so that the fewest count as moved. */
function keptOrder(before: Draft, after: Draft, list: ListRef): Set<string> {
  const places = new Map((listAt(before.actions, list) ?? []).map(({ key }, index) => [key, index]))
  const common = (listAt(after.actions, list) ?? []).filter(({ key }) => places.has(key)).map(({ key }) => key)
  const best: string[][] = []
  for (const [index, key] of common.entries()) {
    const before = best.filter((_, at) => at < index && places.get(common[at]!)! < places.get(key)!)
    const longest = before.reduce<string[]>((a, b) => (b.length > a.length ? b : a), [])
    best.push([...longest, key])
  }
  return new Set(best.reduce<string[]>((a, b) => (b.length > a.length ? b : a), []))
}

/** An action without the actions below it. */
function own(action: Action): Record<string, unknown> {
  const { key: _, on_error: onError, ...others } = action
  const rest = {
    ...others,
    ...(onError === undefined ? {} : { on_error: typeof onError === 'object' ? 'path' : onError }),
  }
  if (childLists(action).every(({ arm }) => arm === ERROR_ARM)) return rest
  const { actions: __, conditions, ...config } = action.config
  if (action.type === 'for_each') return { ...rest, config }
  const ways = (conditions as object[]).map((way) => ('if' in way ? { if: way.if } : { else: true }))
  return { ...rest, config: { ...config, conditions: ways } }
}

function leaves(before: unknown, after: unknown, path: string): { path?: string; before?: unknown; after?: unknown }[] {
  if (Object.is(before, after)) return []
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => leaves(before[key], after[key], path === '' ? key : `${path}.${key}`))
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  return [{ ...(path === '' ? {} : { path }), before, after }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
