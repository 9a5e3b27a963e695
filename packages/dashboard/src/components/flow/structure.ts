import type { Action, BranchArm, Group } from '@kantos/model'

/** What a flow draws: a draft or a version. The trigger of a draft may be incomplete. */
export interface FlowDocument {
  trigger: Readonly<Record<string, unknown>>
  conditions: Group
  actions: readonly Action[]
}

/** A list of actions: the automation's own (`owner` null), a way of a branch, a loop's body, or an error path. */
export interface ListRef {
  owner: string | null
  /** which way of the branch, from 0; 0 for a loop; `ERROR_ARM` for what an action does when it fails */
  arm: number
}

export const ERROR_ARM = -1

/** A place between actions: before the action at `index`. */
export interface Slot extends ListRef {
  index: number
}

/** Where an action stands. `pointer` is its JSON pointer in the document. */
export interface ActionPlace {
  action: Action
  slot: Slot
  pointer: string
  /** the branches and loops around it, outermost first */
  parents: readonly Action[]
}

/** A list below an action; `pointer` starts at the action: `/config/conditions/0/then`. */
export interface ChildList {
  arm: number
  actions: readonly Action[]
  pointer: string
}

export const TRIGGER_NODE = 'trigger'
export const CONDITIONS_NODE = 'conditions'
export const stepNode = (key: string): string => `step:${key}`
export const armNode = (key: string, arm: number): string => `arm:${key}:${arm}`

/** What a node's id stands for; null for nodes that only draw (joins, inserts, the end). */
export function parseNode(
  id: string | null,
):
  | { kind: 'trigger' }
  | { kind: 'conditions' }
  | { kind: 'step'; key: string }
  | { kind: 'arm'; key: string; arm: number }
  | null {
  if (id === TRIGGER_NODE) return { kind: 'trigger' }
  if (id === CONDITIONS_NODE) return { kind: 'conditions' }
  const [kind, key, arm] = id?.split(':') ?? []
  if (kind === 'step' && key !== undefined) return { kind: 'step', key }
  if (kind === 'arm' && key !== undefined) return { kind: 'arm', key, arm: Number(arm) }
  return null
}

/** The ways of a branch; empty for anything else. */
export function armsOf(action: Action): readonly BranchArm[] {
  const arms = action.type === 'branch' ? action.config['conditions'] : null
  return Array.isArray(arms) ? (arms as BranchArm[]) : []
}

/** The error path of an action; null when it has none. */
export function errorPathOf({ on_error: onError }: Action): readonly Action[] | null {
  return typeof onError === 'object' && onError !== null && Array.isArray(onError.actions) ? onError.actions : null
}

/** The lists below an action: the ways of a branch, the body of a loop, and last the error path. */
export function childLists(action: Action): ChildList[] {
  const path = errorPathOf(action)
  return [
    ...ownLists(action),
    ...(path === null ? [] : [{ arm: ERROR_ARM, actions: path, pointer: '/on_error/actions' }]),
  ]
}

/** The lists that an action goes through by itself. */
export function ownLists(action: Action): ChildList[] {
  if (action.type === 'branch') {
    return armsOf(action).map((arm, index) =>
      'else' in arm
        ? { arm: index, actions: arm.else, pointer: `/config/conditions/${index}/else` }
        : { arm: index, actions: arm.then, pointer: `/config/conditions/${index}/then` },
    )
  }
  if (action.type !== 'for_each') return []
  const body = action.config['actions']
  return [{ arm: 0, actions: Array.isArray(body) ? (body as Action[]) : [], pointer: '/config/actions' }]
}

/** Every action with its place, in the order of the document. */
export function* eachAction(
  actions: readonly Action[],
  list: ListRef = { owner: null, arm: 0 },
  pointer = '/actions',
  parents: readonly Action[] = [],
): Generator<ActionPlace> {
  for (const [index, action] of actions.entries()) {
    const place: ActionPlace = { action, slot: { ...list, index }, pointer: `${pointer}/${index}`, parents }
    yield place
    for (const child of childLists(action)) {
      const inner = { owner: action.key, arm: child.arm }
      yield* eachAction(child.actions, inner, place.pointer + child.pointer, [...parents, action])
    }
  }
}

/** The action of a key with its place; null when there is none. */
export function findAction(actions: readonly Action[], key: string): ActionPlace | null {
  for (const place of eachAction(actions)) if (place.action.key === key) return place
  return null
}

/** The actions of a list; null when its owner is gone. */
export function listAt(actions: readonly Action[], list: ListRef): readonly Action[] | null {
  if (list.owner === null) return actions
  const owner = findAction(actions, list.owner)?.action
  return owner === undefined ? null : (childLists(owner).find(({ arm }) => arm === list.arm)?.actions ?? null)
}

/**
 * How a run's steps name a place: `/actions/2/config/conditions/1/then/0` → `actions/2/conditions/1/then/0`, and
 * `/actions/0/on_error/actions/1` → `actions/0/on_error/1`.
 */
export function runPath(pointer: string): string {
  return pointer.slice(1).replaceAll('/config/', '/').replaceAll('/on_error/actions/', '/on_error/')
}

/** Actions by the path that a run's steps give. Source: SPEC-DETAILS.md, section 6 */
export function actionsByRunPath(actions: readonly Action[]): Map<string, Action> {
  return new Map([...eachAction(actions)].map(({ action, pointer }) => [runPath(pointer), action]))
}

/**
 * The node in which a JSON pointer lies.
 *
 * @returns the node's id and the rest of the pointer within it: `/actions/0/config/to` → `step:send_email_1`, `/config/to`
 */
export function nodeOfPointer(document: FlowDocument, pointer: string): { node: string; rest: string } | null {
  if (pointer === '/trigger' || pointer.startsWith('/trigger/')) return { node: TRIGGER_NODE, rest: pointer.slice(8) }
  if (pointer === '/conditions' || pointer.startsWith('/conditions/'))
    return { node: CONDITIONS_NODE, rest: pointer.slice(11) }
  let best: ActionPlace | null = null
  for (const place of eachAction(document.actions)) {
    const inside = pointer === place.pointer || pointer.startsWith(`${place.pointer}/`)
    if (inside && place.pointer.length > (best?.pointer.length ?? 0)) best = place
  }
  if (best === null) return null
  const rest = pointer.slice(best.pointer.length)
  if (rest === '/on_error/actions' && errorPathOf(best.action) !== null)
    return { node: armNode(best.action.key, ERROR_ARM), rest }
  const arm = /^\/config\/conditions\/(\d+)(\/if)?/.exec(rest)
  if (best.action.type === 'branch' && arm !== null && armsOf(best.action)[Number(arm[1])] !== undefined)
    return { node: armNode(best.action.key, Number(arm[1])), rest: rest.slice(arm[0].length) }
  return { node: stepNode(best.action.key), rest }
}
