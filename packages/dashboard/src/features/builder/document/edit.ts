import type { Action, BranchArm } from '@kantos/model'
import {
  childLists,
  eachAction,
  ERROR_ARM,
  findAction,
  type ListRef,
  listAt,
  type Slot,
} from '../../../components/flow/structure.ts'
import { renameSteps } from './references.ts'

/** The actions with one list changed; everything beside the way to it stays the same object. */
export function updateList(
  actions: readonly Action[],
  list: ListRef,
  change: (actions: readonly Action[]) => readonly Action[],
): Action[] {
  if (list.owner === null) return [...change(actions)]
  return actions.map((action) => {
    if (action.key === list.owner) return withList(action, list.arm, change)
    return mapLists(action, (inner) => updateList(inner, list, change))
  })
}

/** An action with each of its lists changed; the same object when none did. */
function mapLists(action: Action, change: (actions: readonly Action[]) => readonly Action[]): Action {
  return childLists(action).reduce((changed, { arm }) => withList(changed, arm, change), action)
}

function withList(action: Action, arm: number, change: (actions: readonly Action[]) => readonly Action[]): Action {
  const before = childLists(action).find((list) => list.arm === arm)?.actions ?? []
  const after = [...change(before)]
  if (after.length === before.length && after.every((one, index) => one === before[index])) return action
  if (arm === ERROR_ARM) return { ...action, on_error: { actions: after } }
  if (action.type === 'for_each') return { ...action, config: { ...action.config, actions: after } }
  const arms = (action.config['conditions'] as BranchArm[]).map((way, index) => {
    if (index !== arm) return way
    return 'else' in way ? { else: after } : { ...way, then: after }
  })
  return { ...action, config: { ...action.config, conditions: arms } }
}

/** Puts actions in at a place. */
export function insertAt(actions: readonly Action[], slot: Slot, items: readonly Action[]): Action[] {
  return updateList(actions, slot, (list) => [...list.slice(0, slot.index), ...items, ...list.slice(slot.index)])
}

/** Takes actions out by their keys, with all that is below them. */
export function removeKeys(actions: readonly Action[], keys: ReadonlySet<string>): Action[] {
  return actions.filter(({ key }) => !keys.has(key)).map((action) => mapLists(action, (list) => removeKeys(list, keys)))
}

/** Changes one action, found by its key; the same list when it is gone. */
export function updateAction(actions: readonly Action[], key: string, change: (action: Action) => Action): Action[] {
  return actions.map((action) => {
    if (action.key === key) return change(action)
    return mapLists(action, (list) => updateAction(list, key, change))
  })
}

/**
 * Moves an action with all that is below it. `slot` counts as if the action were still in its old place.
 *
 * @returns the same list when the action is gone, stays where it is, or would go into itself
 */
export function moveTo(actions: readonly Action[], key: string, slot: Slot): readonly Action[] {
  const from = findAction(actions, key)
  if (from === null || listAt(actions, slot) === null) return actions
  const inside = slot.owner === key || findAction(actions, slot.owner ?? '')?.parents.some((each) => each.key === key)
  if (inside === true) return actions
  const sameList = from.slot.owner === slot.owner && from.slot.arm === slot.arm
  if (sameList && (slot.index === from.slot.index || slot.index === from.slot.index + 1)) return actions
  const index = sameList && slot.index > from.slot.index ? slot.index - 1 : slot.index
  return insertAt(removeKeys(actions, new Set([key])), { ...slot, index }, [from.action])
}

/** Moves an action up (-1) or down (1) within its list; the same list when it is at the end already. */
export function moveBy(actions: readonly Action[], key: string, by: -1 | 1): readonly Action[] {
  const place = findAction(actions, key)
  if (place === null) return actions
  const length = listAt(actions, place.slot)!.length
  const index = by === -1 ? place.slot.index - 1 : place.slot.index + 2
  return index < 0 || index > length ? actions : moveTo(actions, key, { ...place.slot, index })
}

/** Every key that is in use. */
export function keysOf(actions: readonly Action[]): Set<string> {
  return new Set([...eachAction(actions)].map(({ action }) => action.key))
}

/** The first free key of a type: `send_email_1`, `send_email_2`, … Source: SPEC.md, section 3 */
export function freeKey(type: string, taken: ReadonlySet<string>): string {
  let n = 1
  while (taken.has(`${type}_${n}`)) n++
  return `${type}_${n}`
}

/**
 * Copies of actions with keys of their own; what they say of each other (`steps.<key>`) follows.
 *
 * @param taken the keys of where they go
 */
export function withFreshKeys(items: readonly Action[], taken: ReadonlySet<string>): Action[] {
  const used = new Set(taken)
  const renamed = new Map<string, string>()
  for (const { action } of eachAction(items)) {
    const key = used.has(action.key) ? freeKey(action.type, used) : action.key
    used.add(key)
    if (key !== action.key) renamed.set(action.key, key)
  }
  return renamed.size === 0 ? structuredClone([...items]) : renameSteps(items, renamed)
}
