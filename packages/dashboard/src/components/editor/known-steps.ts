import type { Action, ActionType, ObjectAnswer } from '@kantos/model'
import { findObject } from '../../lib/objects.ts'
import { childLists, ERROR_ARM, type FlowDocument, ownLists, parseNode } from '../flow/structure.ts'

/** An earlier step whose output can be named, with the object of the records it gives. */
export interface KnownStep {
  key: string
  type: ActionType
  name: string | undefined
  object: ObjectAnswer | undefined
  /** a wait that tells whether its event came */
  waitsForEvent: boolean
}

/** What can be named at one place of the document. Source: SPEC.md, section 7 */
export interface Known {
  /** of `record`; undefined when nothing tells it, as after a webhook */
  object: ObjectAnswer | undefined
  webhook: boolean
  steps: readonly KnownStep[]
  /** inside a loop; with the object when its items are found records */
  item: { object: ObjectAnswer | undefined } | null
  /** in an error path */
  error?: boolean
}

/**
 * What can be named at a node: the steps that ended before it (not those on another way of a branch), the item of the loop
 * around it.
 *
 * Source: SPEC-DETAILS.md, section 3
 */
export function knownAt(document: FlowDocument, node: string | null, objects: readonly ObjectAnswer[]): Known {
  const { trigger } = document
  const object = findObject(objects, String(trigger['object'] ?? ''))
  const known: Known = { object, webhook: trigger['event'] === 'webhook.received', steps: [], item: null }
  const part = parseNode(node)
  if (part === null || part.kind === 'trigger' || part.kind === 'conditions') return known
  return find(document.actions, part.key, known, objects) ?? known
}

function find(actions: readonly Action[], key: string, around: Known, objects: readonly ObjectAnswer[]): Known | null {
  let steps = around.steps
  for (const action of actions) {
    const here: Known = { ...around, steps }
    if (action.key === key) return here
    const inside = action.type === 'for_each' ? { ...here, item: { object: itemObject(action, steps) } } : here
    const failed = { ...here, steps: [...steps, ...given(action, around, objects, ownLists)], error: true }
    for (const child of childLists(action)) {
      const found = find(child.actions, key, child.arm === ERROR_ARM ? failed : inside, objects)
      if (found !== null) return found
    }
    steps = [...steps, ...given(action, around, objects)]
  }
  return null
}

/** The steps that an action leaves behind: itself, after those below it. */
function given(action: Action, around: Known, objects: readonly ObjectAnswer[], lists = childLists): KnownStep[] {
  const below = lists(action).flatMap((child) => child.actions.flatMap((inner) => given(inner, around, objects)))
  return [
    ...below,
    {
      key: action.key,
      type: action.type,
      name: action.name,
      object: objectOf(action, around, objects),
      waitsForEvent: action.type === 'wait' && action.config['event'] !== undefined,
    },
  ]
}

function objectOf({ type, config }: Action, around: Known, objects: readonly ObjectAnswer[]): ObjectAnswer | undefined {
  if (type === 'create_record') return findObject(objects, String(config['object_definition_id'] ?? ''))
  if (type === 'find_records') return findObject(objects, String(config['object'] ?? ''))
  return type === 'update_record' && config['record_id'] === undefined ? around.object : undefined
}

const RECORDS_OF = /^\s*(?:\{\{)?\s*steps\.([a-z][a-z0-9_]*)\.records\s*(?:\}\})?\s*$/

/** The object of a loop's items, when they are the records of an earlier find_records. */
function itemObject(action: Action, steps: readonly KnownStep[]): ObjectAnswer | undefined {
  const key = RECORDS_OF.exec(String(action.config['items'] ?? ''))?.[1]
  return steps.find((step) => step.key === key)?.object
}
