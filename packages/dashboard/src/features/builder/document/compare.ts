import type { Action } from '@kantos/model'
import { childLists, eachAction } from '../../../components/flow/structure.ts'
import type { Draft } from './draft.ts'

/** One difference: at a part of the automation, one value. Absent values are undefined. */
export interface Difference {
  /** `trigger`, `conditions`, `name`, … or a step's key */
  part: string
  kind: 'added' | 'removed' | 'moved' | 'changed'
  /** of a changed value: its path within the part, `config.to` */
  path?: string
  before?: unknown
  after?: unknown
}

/**
 * What differs between two versions, in the order of the later one.
 *
 * @param before the earlier version
 * Source: SPEC.md, section 3
 */
export function compareDrafts(before: Draft, after: Draft): Difference[] {
  const found: Difference[] = []
  for (const part of ['name', 'description', 'trigger', 'conditions', 'serial'] as const)
    for (const leaf of leaves(before[part], after[part], '')) found.push({ part, kind: 'changed', ...leaf })
  const old = new Map([...eachAction(before.actions)].map((place) => [place.action.key, place]))
  const seen = new Set<string>()
  for (const { action, slot } of eachAction(after.actions)) {
    const earlier = old.get(action.key)
    seen.add(action.key)
    if (earlier === undefined) found.push({ part: action.key, kind: 'added' })
    else {
      if (earlier.slot.owner !== slot.owner || earlier.slot.arm !== slot.arm || isMoved(before, after, action.key))
        found.push({ part: action.key, kind: 'moved' })
      for (const leaf of leaves(own(earlier.action), own(action), ''))
        found.push({ part: action.key, kind: 'changed', ...leaf })
    }
  }
  for (const key of old.keys()) if (!seen.has(key)) found.push({ part: key, kind: 'removed' })
  return found
}

/** Whether an action that stayed in its list has another one before it than it had, of those that both versions have. */
function isMoved(before: Draft, after: Draft, key: string): boolean {
  const common = (own: Draft, other: Draft): string[] => {
    const there = new Set([...eachAction(other.actions)].map(({ action }) => action.key))
    return [...eachAction(own.actions)].map(({ action }) => action.key).filter((each) => there.has(each))
  }
  const a = common(before, after)
  const b = common(after, before)
  return a[a.indexOf(key) - 1] !== b[b.indexOf(key) - 1] && a.indexOf(key) !== b.indexOf(key)
}

/** An action without the actions below it. */
function own(action: Action): Record<string, unknown> {
  const { key: _, ...rest } = action
  if (childLists(action).length === 0) return rest
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
