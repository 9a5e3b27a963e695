import type { Action, BranchArm } from '@kantos/model'
import {
  armNode,
  armsOf,
  CONDITIONS_NODE,
  ERROR_ARM,
  errorPathOf,
  type FlowDocument,
  type ListRef,
  ownLists,
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
/** from a frame's upper edge, on which its name stands, to its loop */
const FRAME_HEAD = 20
const JOIN = 8
const INSERT = 24
/** in an empty flow, the place to insert says what it is for */
const FIRST_INSERT = { width: 168, height: 32 }

/** A box of the flow; x, y is its upper left corner. `frame` is drawn behind a loop's body. */
export interface FlowBox {
  id: string
  kind: 'trigger' | 'conditions' | 'step' | 'arm' | 'frame' | 'insert' | 'join' | 'end'
  x: number
  y: number
  width: number
  height: number
  action?: Action
  /** `way` null: the head of an error path */
  arm?: { index: number; way: BranchArm | null }
  slot?: Slot
}

/** A line between two boxes; `turn` tells where it goes sideways: soon, late, or at once, from the box's side. */
export interface FlowLine {
  id: string
  source: string
  target: string
  from: { x: number; y: number }
  to: { x: number; y: number }
  turn: 'early' | 'late' | 'side'
}

export interface FlowLayout {
  boxes: FlowBox[]
  lines: FlowLine[]
  /** how far it reaches to both sides of x = 0 */
  left: number
  right: number
  height: number
}

/** How far something reaches to the left and the right of its axis. */
interface Extent {
  left: number
  right: number
}

/** Where a list ended: the box its last line leaves, and how far down it goes. */
interface Tail {
  id: string
  x: number
  y: number
}

/**
 * Places a document's parts from top to bottom around x = 0, the ways of a branch side by side, a loop's body in a frame, an
 * error path to the right of its step.
 * Linear in the number of actions.
 *
 * @param options.inserts with a place to insert between all parts
 * Source: SPEC.md, section 13
 */
export function layoutFlow(document: FlowDocument, options: { inserts: boolean } = { inserts: true }): FlowLayout {
  const flow = new Flow(options.inserts, document.actions.length === 0)
  const { left, right } = flow.extentOf(document.actions)
  const x = 0
  const trigger = flow.box({ id: TRIGGER_NODE, kind: 'trigger', ...centred(x, 0, NODE_WIDTH, NODE_HEIGHT) })
  const y = NODE_HEIGHT + GAP / 2
  const conditions = flow.box({ id: CONDITIONS_NODE, kind: 'conditions', ...centred(x, y, NODE_WIDTH, NODE_HEIGHT) })
  flow.line(below(trigger), conditions, 'late')
  const tail = flow.list(document.actions, { owner: null, arm: 0 }, x, below(conditions))
  const end = flow.box({ id: 'end', kind: 'end', ...centred(x, tail.y + (options.inserts ? GAP : GAP / 2), 56, 24) })
  flow.line(tail, end, 'late')
  return { boxes: flow.boxes, lines: flow.lines, left, right, height: end.y + end.height }
}

function centred(x: number, y: number, width: number, height: number) {
  return { x: x - width / 2, y, width, height }
}

const HALF_NODE: Extent = { left: NODE_WIDTH / 2, right: NODE_WIDTH / 2 }

const widest = (a: Extent, b: Extent): Extent => ({
  left: Math.max(a.left, b.left),
  right: Math.max(a.right, b.right),
})

const below = (box: FlowBox): Tail => ({ id: box.id, x: box.x + box.width / 2, y: box.y + box.height })

class Flow {
  readonly boxes: FlowBox[] = []
  readonly lines: FlowLine[] = []
  private readonly inserts: boolean
  private readonly isEmpty: boolean
  private readonly extents = new Map<Action, Extent>()

  constructor(inserts: boolean, isEmpty: boolean) {
    this.inserts = inserts
    this.isEmpty = isEmpty
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

  extentOf(actions: readonly Action[]): Extent {
    return actions.map((action) => this.extentOfAction(action)).reduce(widest, HALF_NODE)
  }

  private extentOfAction(action: Action): Extent {
    let extent = this.extents.get(action)
    if (extent === undefined) {
      const own = this.extentOfOwn(action)
      const path = errorPathOf(action)
      const aside = path === null ? null : this.extentOf(path)
      extent = aside === null ? own : { ...own, right: own.right + ARM_GAP + aside.left + aside.right }
      this.extents.set(action, extent)
    }
    return extent
  }

  /** An action without its error path. */
  private extentOfOwn(action: Action): Extent {
    const lists = ownLists(action)
    if (lists.length === 0) return HALF_NODE
    if (action.type === 'for_each') {
      const body = this.extentOf(lists[0]!.actions)
      return { left: body.left + FRAME_PAD, right: body.right + FRAME_PAD }
    }
    const half = this.widthOfArms(lists) / 2
    return widest({ left: half, right: half }, HALF_NODE)
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
    const { width, height } = this.isEmpty ? FIRST_INSERT : { width: INSERT, height: INSERT }
    this.box({ id, kind: 'insert', ...centred(x, y + (GAP - height) / 2, width, height), slot })
  }

  private action(action: Action, x: number, from: Tail): Tail {
    const y = from.y + GAP + (action.type === 'for_each' ? FRAME_HEAD : 0)
    const place = centred(x, y, NODE_WIDTH, NODE_HEIGHT)
    const frame =
      action.type === 'for_each'
        ? this.box({ id: `frame:${action.key}`, kind: 'frame', ...this.frameAround(action, x, y), action })
        : null
    const node = this.box({ id: stepNode(action.key), kind: 'step', ...place, action })
    this.line(from, node, 'late')
    const tail =
      frame !== null
        ? this.loop(action, x, node, frame)
        : action.type === 'branch'
          ? this.branch(action, x, node)
          : below(node)
    const path = errorPathOf(action)
    return path === null ? tail : this.errorPath(action, path, x, node, tail)
  }

  /** What happens when a step fails, beside it; both meet below. */
  private errorPath(action: Action, path: readonly Action[], x: number, node: FlowBox, tail: Tail): Tail {
    const centre = x + this.extentOfOwn(action).right + ARM_GAP + this.extentOf(path).left
    const at = centred(centre, node.y + node.height + GAP / 2 + 8, NODE_WIDTH, ARM_HEIGHT)
    const arm = { index: ERROR_ARM, way: null }
    const head = this.box({ id: armNode(action.key, ERROR_ARM), kind: 'arm', ...at, action, arm })
    this.line({ id: node.id, x: node.x + node.width, y: node.y + node.height / 2 }, head, 'side')
    const end = this.list(path, { owner: action.key, arm: ERROR_ARM }, centre, below(head))
    const lowest = Math.max(tail.y, end.y) + GAP + 8
    const join = this.box({ id: `join:${action.key}:error`, kind: 'join', ...centred(x, lowest, JOIN, JOIN) })
    this.line(tail, join, 'late')
    this.line(end, join, 'late')
    return below(join)
  }

  private branch(action: Action, x: number, node: FlowBox): Tail {
    const lists = ownLists(action)
    if (lists.length === 0) return below(node)
    const top = node.y + node.height + GAP / 2 + 8
    let left = x - this.widthOfArms(lists) / 2
    const tails = lists.map((list) => {
      const extent = this.extentOf(list.actions)
      const centre = left + extent.left
      left += extent.left + extent.right + ARM_GAP
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
    const widths = lists.map(({ actions }) => this.extentOf(actions))
    return widths.reduce((sum, { left, right }) => sum + left + right, 0) + (lists.length - 1) * ARM_GAP
  }

  private frameAround(action: Action, x: number, y: number) {
    const { left, right } = this.extentOfOwn(action)
    return { x: x - left, y: y - FRAME_HEAD, width: left + right, height: 0 }
  }

  private loop(action: Action, x: number, node: FlowBox, frame: FlowBox): Tail {
    const [body] = ownLists(action)
    const tail = this.list(body!.actions, { owner: action.key, arm: 0 }, x, below(node))
    const bottom = tail.y + (this.inserts ? GAP - 4 : FRAME_PAD)
    frame.height = bottom - frame.y
    return { id: tail.id, x, y: bottom }
  }
}
