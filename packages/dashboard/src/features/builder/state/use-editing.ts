import type { Action, ActionType, BranchArm, ObjectAnswer } from '@kantos/model'
import { useCallback, useMemo, useState } from 'react'
import {
  armNode,
  armsOf,
  CONDITIONS_NODE,
  eachAction,
  ERROR_ARM,
  findAction,
  parseNode,
  type Slot,
  stepNode,
  TRIGGER_NODE,
} from '../../../components/flow/structure.ts'
import { notifyDone } from '../../../lib/notify.ts'
import { findObject } from '../../../lib/objects.ts'
import { strings } from '../../../strings/builder.ts'
import type { Draft } from '../document/draft.ts'
import { freeKey, insertAt, keysOf, moveBy, moveTo, removeKeys, updateAction, withFreshKeys } from '../document/edit.ts'
import { newAction } from '../document/new-action.ts'
import { readClipboard, writeClipboard } from './clipboard.ts'
import type { DraftState } from './use-draft.ts'

export interface Editing {
  selected: string | null
  select(node: string | null): void
  /** the place whose menu of steps is open */
  inserting: Slot | null
  openInsert(slot: Slot | null): void
  insert(type: ActionType): void
  insertAfterSelected(): void
  paste(): void
  /** how many steps could be pasted */
  clipboard: number
  copy(): void
  cut(): void
  duplicate(): void
  remove(node?: string): void
  move(key: string, slot: Slot): void
  moveSelected(by: -1 | 1): void
  changeAction(key: string, change: (action: Action) => Action, tag?: string): void
}

/** The slot behind a part: after a step, at the beginning of a way, at the beginning behind the conditions. */
function slotAfter(draft: Draft, node: string | null): Slot {
  const part = parseNode(node)
  if (part?.kind === 'arm') return { owner: part.key, arm: part.arm, index: 0 }
  if (part?.kind === 'step') {
    const place = findAction(draft.actions, part.key)
    if (place !== null) return { ...place.slot, index: place.slot.index + 1 }
  }
  if (node === TRIGGER_NODE || node === CONDITIONS_NODE) return { owner: null, arm: 0, index: 0 }
  return { owner: null, arm: 0, index: draft.actions.length }
}

/** What the keyboard and the mouse do to the flow: insert, remove, move, copy and paste. */
export function useEditing(state: DraftState, first: string | null, objects: readonly ObjectAnswer[]): Editing {
  const { draft, update } = state
  const object = findObject(objects, String(draft.trigger['object'] ?? ''))
  const [selected, setSelected] = useState<string | null>(first)
  const [inserting, openInsert] = useState<Slot | null>(null)
  const [copied, setCopied] = useState<readonly Action[]>(readClipboard)
  const actions = useCallback(
    (next: (actions: readonly Action[]) => readonly Action[], tag: string | null = null) =>
      update((now) => {
        const changed = next(now.actions)
        return changed === now.actions ? now : { ...now, actions: changed as Action[] }
      }, tag),
    [update],
  )
  const chosen = useMemo(() => {
    const part = parseNode(selected)
    return part?.kind === 'step' || part?.kind === 'arm' ? findAction(draft.actions, part.key) : null
  }, [draft.actions, selected])

  const put = (items: readonly Action[], slot: Slot): void => {
    actions((now) => insertAt(now, slot, items))
    const last = items.at(-1)
    if (last !== undefined) setSelected(stepNode(last.key))
    openInsert(null)
  }
  const take = (): readonly Action[] => {
    if (chosen === null || parseNode(selected)?.kind !== 'step') return []
    const items = [chosen.action]
    setCopied(items)
    writeClipboard(items)
    return items
  }
  const remove = (node = selected ?? ''): void => {
    const part = parseNode(node)
    if (part === null) return
    if (part.kind === 'conditions') update((now) => ({ ...now, conditions: { match: 'all', rules: [] } }))
    if (part.kind === 'arm' && part.arm === ERROR_ARM) {
      actions((now) => updateAction(now, part.key, ({ on_error: _, ...action }) => action))
      setSelected(stepNode(part.key))
    } else if (part.kind === 'arm') {
      const owner = findAction(draft.actions, part.key)?.action
      if (owner === undefined || armsOf(owner).length <= 1) return
      actions((now) =>
        updateAction(now, part.key, (action) =>
          withArms(
            action,
            armsOf(action).filter((_, at) => at !== part.arm),
          ),
        ),
      )
      setSelected(stepNode(part.key))
    }
    if (part.kind === 'step') {
      setSelected(neighbour(draft, part.key))
      actions((now) => removeKeys(now, new Set([part.key])))
    }
  }
  const pasted = copied.length === 0 ? readClipboard() : copied

  return {
    selected,
    select: setSelected,
    inserting,
    openInsert,
    insert: (type) => {
      const slot = inserting ?? slotAfter(draft, selected)
      put([newAction(type, freeKey(type, keysOf(draft.actions)), object)], slot)
    },
    insertAfterSelected: () => openInsert(slotAfter(draft, selected)),
    paste: () => {
      const items = readClipboard()
      if (items.length > 0) put(withFreshKeys(items, keysOf(draft.actions)), inserting ?? slotAfter(draft, selected))
    },
    clipboard: pasted.length,
    copy: () => {
      const items = take()
      if (items.length > 0) notifyDone(strings.copied(items.length))
    },
    cut: () => {
      if (take().length > 0) remove()
    },
    duplicate: () => {
      if (chosen === null || parseNode(selected)?.kind !== 'step') return
      put(withFreshKeys([chosen.action], keysOf(draft.actions)), { ...chosen.slot, index: chosen.slot.index + 1 })
    },
    remove,
    move: (key, slot) => {
      actions((now) => moveTo(now, key, slot))
      setSelected(stepNode(key))
    },
    moveSelected: (by) => {
      const part = parseNode(selected)
      if (part?.kind === 'step') actions((now) => moveBy(now, part.key, by))
      if (part?.kind === 'arm') {
        const to = part.arm + by
        actions((now) => updateAction(now, part.key, (action) => swapArms(action, part.arm, to)))
        if (chosen !== null && swapArms(chosen.action, part.arm, to) !== chosen.action)
          setSelected(armNode(part.key, to))
      }
    },
    changeAction: useCallback(
      (key, change, tag) => actions((now) => updateAction(now, key, change), tag ?? null),
      [actions],
    ),
  }
}

function withArms(action: Action, arms: readonly BranchArm[]): Action {
  return { ...action, config: { ...action.config, conditions: arms } }
}

/** Two ways in each other's place; the same action when one of them is "otherwise" or isn't there. */
function swapArms(action: Action, a: number, b: number): Action {
  const arms = [...armsOf(action)]
  const [one, two] = [arms[a], arms[b]]
  if (one === undefined || two === undefined || 'else' in one || 'else' in two) return action
  arms[a] = two
  arms[b] = one
  return withArms(action, arms)
}

/** What is selected once a step is gone: the one before it, the way or loop it was in, or the conditions. */
function neighbour(draft: Draft, key: string): string {
  const place = findAction(draft.actions, key)
  if (place === null) return CONDITIONS_NODE
  const { slot } = place
  for (const each of eachAction(draft.actions)) {
    const same = each.slot.owner === slot.owner && each.slot.arm === slot.arm
    if (same && each.slot.index === slot.index - 1) return stepNode(each.action.key)
  }
  if (slot.owner === null) return CONDITIONS_NODE
  const owner = findAction(draft.actions, slot.owner)?.action
  return owner?.type === 'branch' || slot.arm === ERROR_ARM ? armNode(slot.owner, slot.arm) : stepNode(slot.owner)
}
