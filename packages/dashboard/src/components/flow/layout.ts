import type { Action, BranchArm } from '@kantos/model'
import {
  armNode,
  armsOf,
  CONDITIONS_NODE,
  childLists,
  type FlowDocument,
  type ListRef,
  type Slot,
  stepNode,
  TRIGGER_NODE,
} from './structure.ts'

export const NODE_WIDTH = 280
export const NODE_HEIGHT = 64
export const ARM_HEIGHT = 40
const GAP = 48
const ARM_GAP = 32
const FRAME_PAD = 24
const JOIN = 8
const INSERT = 24

/** A box of the flow; x, y is its upper left corner. `frame` is drawn behind a loop's body. */
export interface FlowBox {
  id: string
  kind: 'trigger' | 'conditions' | 'step' | 'arm' | 'frame' | 'insert' | 'join' | 'end'
  x: number
  y: number
  width: number
  height: number
  action?: Action
  arm?: { index: number; way: BranchArm }
  slot?: Slot
}

/** A line between two boxes; `turn` tells where it goes sideways. */
export interface FlowLine {
  id: string
  source: string
  target: string
  from: { x: number; y: number }
  to: { x: number; y: number }
  turn: 'early' | 'late'
}

export interface FlowLayout {
  boxes: FlowBox[]
  lines: FlowLine[]
  width: number
  height: number
}

/** Where a list ended: the box its last line leaves, and how far down it goes. */
interface Tail {
  id: string
  x: number
  y: number
}

/**
 * Places a document's parts from top to bottom around x = 0, the ways of a branch side by side, a loop's body in a frame.
 * Linear in the number of actions.
 *
 * @param options.inserts with a place to insert between all parts
 * Source: SPEC.md, section 13
 */
export function layoutFlow(document: FlowDocument, options: { inserts: boolean } = { inserts: true }): FlowLayout {
  const flow = new Flow(options.inserts)
  const width = flow.widthOf(document.actions)
  const x = 0
  const trigger = flow.box({ id: TRIGGER_NODE, kind: 'trigger', ...centred(x, 0, NODE_WIDTH, NODE_HEIGHT) })
  const y = NODE_HEIGHT + GAP / 2
  const conditions = flow.box({ id: CONDITIONS_NODE, kind: 'conditions', ...centred(x, y, NODE_WIDTH, NODE_HEIGHT) })
  flow.line(below(trigger), conditions, 'late')
  const tail = flow.list(document.actions, { owner: null, arm: 0 }, x, below(conditions))
  const end = flow.box({ id: 'end', kind: 'end', ...centred(x, tail.y + (options.inserts ? GAP : GAP / 2), 56, 24) })
  flow.line(tail, end, 'late')
  return { boxes: flow.boxes, lines: flow.lines, width, height: end.y + end.height }
}

function centred(x: number, y: number, width: number, height: number) {
  return { x: x - width / 2, y, width, height }
}

const below = (box: FlowBox): Tail => ({ id: box.id, x: box.x + box.width / 2, y: box.y + box.height })

class Flow {
  readonly boxes: FlowBox[] = []
  readonly lines: FlowLine[] = []
  private readonly inserts: boolean
  private readonly widths = new Map<Action, number>()

  constructor(inserts: boolean) {
    this.inserts = inserts
  }

  box(box: FlowBox): FlowBox {
    this.boxes.push(box)
    return box
  }

  line(from: Tail, target: FlowBox, turn: FlowLine['turn']): void {
    const to = { x: target.x + target.width / 2, y: target.y }
    const id = `${from.id}>${target.id}`
    this.lines.push({ id, source: from.id, target: target.id, from: { x: from.x, y: from.y }, to, turn })
  }

  widthOf(actions: readonly Action[]): number {
    return actions.reduce((widest, action) => Math.max(widest, this.widthOfAction(action)), NODE_WIDTH)
  }

  private widthOfAction(action: Action): number {
    let width = this.widths.get(action)
    if (width === undefined) {
      const lists = childLists(action).map((list) => this.widthOf(list.actions))
      const sum = lists.reduce((a, b) => a + b, 0) + Math.max(0, lists.length - 1) * ARM_GAP
      width = Math.max(NODE_WIDTH, action.type === 'for_each' ? sum + 2 * FRAME_PAD : sum)
      this.widths.set(action, width)
    }
    return width
  }

  /** Places a list below `from`. @returns where the next part goes on */
  list(actions: readonly Action[], list: ListRef, x: number, from: Tail): Tail {
    let tail = from
    for (const [index, action] of actions.entries()) {
      this.insert({ ...list, index }, x, tail.y)
      tail = this.action(action, x, tail)
    }
    this.insert({ ...list, index: actions.length }, x, tail.y)
    return tail
  }

  private insert(slot: Slot, x: number, y: number): void {
    if (!this.inserts) return
    const id = `insert:${slot.owner ?? ''}:${slot.arm}:${slot.index}`
    this.box({ id, kind: 'insert', ...centred(x, y + (GAP - INSERT) / 2, INSERT, INSERT), slot })
  }

  private action(action: Action, x: number, from: Tail): Tail {
    const y = from.y + GAP
    if (action.type === 'for_each') return this.loop(action, x, y, from)
    const node = this.box({ id: stepNode(action.key), kind: 'step', ...centred(x, y, NODE_WIDTH, NODE_HEIGHT), action })
    this.line(from, node, 'late')
    return action.type === 'branch' ? this.branch(action, x, node) : below(node)
  }

  private branch(action: Action, x: number, node: FlowBox): Tail {
    const lists = childLists(action)
    if (lists.length === 0) return below(node)
    const top = node.y + node.height + GAP / 2 + 8
    let left = x - this.widthOfArms(lists) / 2
    const tails = lists.map((list) => {
      const width = this.widthOf(list.actions)
      const centre = left + width / 2
      left += width + ARM_GAP
      const way = armsOf(action)[list.arm]!
      const at = centred(centre, top, NODE_WIDTH, ARM_HEIGHT)
      const head = this.box({
        id: armNode(action.key, list.arm),
        kind: 'arm',
        ...at,
        action,
        arm: { index: list.arm, way },
      })
      this.line(below(node), head, 'early')
      return this.list(list.actions, { owner: action.key, arm: list.arm }, centre, below(head))
    })
    const lowest = Math.max(...tails.map(({ y }) => y)) + GAP + 8
    const join = this.box({ id: `join:${action.key}`, kind: 'join', ...centred(x, lowest, JOIN, JOIN) })
    for (const tail of tails) this.line(tail, join, 'late')
    return below(join)
  }

  private widthOfArms(lists: { actions: readonly Action[] }[]): number {
    return lists.reduce((sum, { actions }) => sum + this.widthOf(actions), 0) + (lists.length - 1) * ARM_GAP
  }

  private loop(action: Action, x: number, y: number, from: Tail): Tail {
    const width = this.widthOfAction(action)
    const frame = this.box({ id: `frame:${action.key}`, kind: 'frame', ...centred(x, y - 12, width, 0), action })
    const node = this.box({ id: stepNode(action.key), kind: 'step', ...centred(x, y, NODE_WIDTH, NODE_HEIGHT), action })
    this.line(from, node, 'late')
    const [body] = childLists(action)
    const tail = this.list(body!.actions, { owner: action.key, arm: 0 }, x, below(node))
    const bottom = tail.y + (this.inserts ? GAP - 4 : FRAME_PAD)
    frame.height = bottom - frame.y
    return { id: tail.id, x, y: bottom }
  }
}
