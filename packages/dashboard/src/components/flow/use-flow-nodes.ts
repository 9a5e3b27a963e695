import type { ObjectAnswer } from '@kantos/model'
import { Position } from '@xyflow/react'
import { useMemo, useRef } from 'react'
import { findObject } from '../../lib/objects.ts'
import { strings } from '../../strings/flow.ts'
import type { FlowCanvasProps } from './flow-canvas.tsx'
import { ACTION_ICONS, ConditionsIcon, triggerIcon } from './icons.tsx'
import type { FlowBox, FlowLayout, FlowLine } from './layout.ts'
import { QUIET, takenLines } from './taken-lines.ts'
import type { LineEdge } from './line.tsx'
import type { AnyNode, InsertData } from './nodes.tsx'
import { findAction, type Slot } from './structure.ts'
import { actionName, actionWords, armWords, groupWords, triggerWords } from './words.ts'

type Given = Pick<
  FlowCanvasProps,
  'document' | 'vocabulary' | 'problems' | 'outcomes' | 'marks' | 'inserting' | 'onMove'
>
interface Drag {
  id: string
  position: { x: number; y: number }
  target: string | null
}

/** The boxes and lines as the library draws them; what didn't change stays the same object, so that it isn't drawn again. */
export function useFlowNodes(
  layout: FlowLayout,
  given: Given,
  drag: Drag | null,
): { nodes: AnyNode[]; edges: LineEdge[] } {
  const known = useRef<{ byId: Map<string, AnyNode>; list: AnyNode[] }>({ byId: new Map(), list: [] })
  const lines = useRef<LineEdge[]>([])
  const { document, vocabulary, problems, outcomes, marks, inserting, onMove } = given
  const movable = onMove !== undefined

  const nodes = useMemo(() => {
    const stepName = (key: string): string | undefined => {
      const action = findAction(document.actions, key)?.action
      return action === undefined ? undefined : actionName(action)
    }
    const named = { ...vocabulary, stepName }
    const object = findObject(vocabulary.objects, String(document.trigger['object'] ?? ''))
    const next = new Map<string, AnyNode>()
    for (const box of layout.boxes) {
      const node = nodeOf(box, { document, vocabulary: named, problems, outcomes, marks, inserting, object, movable })
      const before = known.current.byId.get(box.id)
      next.set(box.id, before !== undefined && isSame(before, node) ? before : node)
    }
    known.current = { byId: next, list: sameList(known.current.list, [...next.values()]) }
    return known.current.list
  }, [layout, document, vocabulary, problems, outcomes, marks, inserting, movable])

  const edges = useMemo(() => {
    const before = new Map(lines.current.map((edge) => [edge.id, edge]))
    const taken = outcomes === undefined ? null : takenLines(layout.lines, outcomes)
    const next = layout.lines.map((line): LineEdge => {
      const isTaken = taken === null ? null : taken.has(line)
      const { id, source, target } = line
      const same = before.get(id)
      if (same?.data?.taken === isTaken && isSameLine(same.data.line, line)) return same
      return { id, source, target, type: 'line', data: { line, taken: isTaken }, focusable: false, ariaLabel: '' }
    })
    lines.current = sameList(lines.current, next)
    return lines.current
  }, [layout, outcomes])

  const shown = useMemo(() => {
    if (drag === null) return nodes
    return nodes.map((node): AnyNode => {
      if (node.id === drag.id) return { ...node, position: drag.position, zIndex: 20 }
      if (node.id === drag.target) return { ...node, data: { ...(node.data as InsertData), target: true } } as AnyNode
      return node
    })
  }, [nodes, drag])
  return { nodes: shown, edges }
}

/** The list before, when it holds the very same. */
function sameList<T>(before: T[], next: T[]): T[] {
  return before.length === next.length && before.every((one, index) => one === next[index]) ? before : next
}

function isSameLine(a: FlowLine, b: FlowLine): boolean {
  return a.from.x === b.from.x && a.from.y === b.from.y && a.to.x === b.to.x && a.to.y === b.to.y && a.turn === b.turn
}

interface Around extends Omit<Given, 'onMove'> {
  object: ObjectAnswer | undefined
  movable: boolean
}

function nodeOf(box: FlowBox, around: Around): AnyNode {
  const { id, x, y, width, height } = box
  const base = {
    id,
    position: { x, y },
    width,
    height,
    measured: { width, height },
    draggable: box.kind === 'step' && around.movable,
    selectable: false,
    handles: [
      { type: 'target' as const, position: Position.Top, x: width / 2, y: 0, width: 1, height: 1 },
      { type: 'source' as const, position: Position.Bottom, x: width / 2, y: height, width: 1, height: 1 },
    ],
  }
  switch (box.kind) {
    case 'insert':
      return { ...base, type: 'insert', zIndex: 5, data: insertData(box, around) }
    case 'join':
      return { ...base, type: 'join', data: { label: strings.join } }
    case 'end':
      return { ...base, type: 'end', data: { label: strings.end } }
    case 'frame':
      return { ...base, type: 'frame', zIndex: -1, data: { label: strings.frame } }
    case 'arm':
      return {
        ...base,
        type: 'arm',
        data: { title: armTitle(box, around), ...stateOf(id, around) },
      }
    default:
      return {
        ...base,
        type: 'card',
        data: { ...cardWords(box, around), ...stateOf(id, around), draggable: base.draggable },
      }
  }
}

function armTitle({ arm }: FlowBox, { object }: Around): string {
  const way = arm?.way ?? null
  return way === null ? strings.ifItFails : armWords(way, object)
}

function insertData({ slot }: FlowBox, { document, inserting }: Around): InsertData {
  const open = inserting !== undefined && inserting !== null && sameSlot(inserting, slot!)
  const isFirst = document.actions.length === 0
  const label = isFirst ? strings.insertFirst : strings.insert
  return { slot: slot!, label, isFirst, target: false, open }
}

const sameSlot = (a: Slot, b: Slot): boolean => a.owner === b.owner && a.arm === b.arm && a.index === b.index

function stateOf(id: string, { problems, outcomes, marks }: Around) {
  const found = problems?.get(id)
  const outcome = outcomes?.get(id) ?? marks?.get(id) ?? null
  return {
    problems: found?.errors ?? 0,
    warnings: found?.warnings ?? 0,
    outcome,
    faded: outcome !== null && QUIET.has(outcome.label),
  }
}

function cardWords(box: FlowBox, { document, vocabulary, object }: Around) {
  if (box.kind === 'trigger') {
    const { trigger } = document
    const subtitle = triggerWords(trigger, vocabulary.objects)
    return {
      Icon: triggerIcon(trigger['event']),
      title: strings.trigger,
      subtitle: triggerSubtitle(trigger['event'], subtitle),
    }
  }
  if (box.kind === 'conditions') {
    const words = groupWords(document.conditions, object)
    const subtitle = words === '' ? strings.noConditions : `${strings.onlyIf} ${words}`
    return { Icon: ConditionsIcon, title: strings.conditions, subtitle }
  }
  const action = box.action!
  const title = actionName(action)
  return { Icon: ACTION_ICONS[action.type], title, subtitle: actionWords(action, vocabulary, object) }
}

/** A schedule and a date say when by themselves. */
function triggerSubtitle(event: unknown, words: string): string {
  if (event === undefined || event === 'schedule') return words
  return event === 'date.reached' ? words.charAt(0).toUpperCase() + words.slice(1) : `${strings.when} ${words}`
}

function isSame(a: AnyNode, b: AnyNode): boolean {
  if (a.position.x !== b.position.x || a.position.y !== b.position.y || a.height !== b.height || a.width !== b.width)
    return false
  const [one, two] = [a.data as Record<string, unknown>, b.data as Record<string, unknown>]
  return (
    a.draggable === b.draggable &&
    Object.keys(two).every((key) =>
      key === 'slot' ? sameSlot(one['slot'] as Slot, two['slot'] as Slot) : Object.is(one[key], two[key]),
    )
  )
}
