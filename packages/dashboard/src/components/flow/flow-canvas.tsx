import '@xyflow/react/dist/base.css'
import { useComputedColorScheme } from '@mantine/core'
import { Background, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react'
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { strings } from '../../strings/flow.ts'
import { FlowControls } from './controls.tsx'
import classes from './flow.module.css'
import { type FlowBox, layoutFlow } from './layout.ts'
import { edgeTypes, type LineEdge } from './line.tsx'
import { moveSelection, type Direction } from './move-selection.ts'
import { type AnyNode, type InsertData, type NodeOutcome, nodeTypes } from './nodes.tsx'
import { SelectionProvider } from './selection.tsx'
import { type FlowDocument, parseNode, type Slot, TRIGGER_NODE } from './structure.ts'
import { useFlowNodes } from './use-flow-nodes.ts'
import type { Vocabulary } from './words.ts'

export interface FlowCanvasProps {
  document: FlowDocument
  vocabulary: Vocabulary
  selected: string | null
  onSelect(node: string | null): void
  /** Enter on a part: go to its form */
  onEdit?(node: string): void
  /** without these nothing can be changed */
  onInsert?(slot: Slot): void
  onMove?(key: string, slot: Slot): void
  /** keys that aren't about moving the selection; return true when taken */
  onKey?(event: KeyboardEvent, selected: string | null): boolean
  problems?: ReadonlyMap<string, { errors: number; warnings: number }>
  outcomes?: ReadonlyMap<string, NodeOutcome>
  /** what else is said on parts, where nothing ran */
  marks?: ReadonlyMap<string, NodeOutcome>
  /** the place whose menu is open */
  inserting?: Slot | null
  children?: ReactNode
}

const ARROWS: ReadonlyMap<string, Direction> = new Map([
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
  ['Home', 'first'],
  ['End', 'last'],
])

/** The flow of an automation: drawn, moved through with the keyboard, and, with `onInsert` and `onMove`, changed. */
export function FlowCanvas(props: FlowCanvasProps) {
  return (
    <SelectionProvider selected={props.selected}>
      <ReactFlowProvider>
        <Canvas {...props} />
      </ReactFlowProvider>
    </SelectionProvider>
  )
}

const PRO_OPTIONS = { hideAttribution: true }

interface Drag {
  id: string
  position: { x: number; y: number }
  target: string | null
}

function Canvas(props: FlowCanvasProps) {
  const { document, selected, onSelect, onEdit, onInsert, onMove, onKey, children } = props
  const host = useRef<HTMLDivElement>(null)
  const flow = useReactFlow<AnyNode, LineEdge>()
  const colorMode = useComputedColorScheme('light')
  const editable = onInsert !== undefined
  const layout = useMemo(() => layoutFlow(document, { inserts: editable }), [document, editable])
  const [drag, setDrag] = useState<Drag | null>(null)
  const { nodes, edges } = useFlowNodes(layout, props, drag)
  useHome(host, layout)
  useStayCentred(host, layout)
  const show = useShow(host, layout.boxes)

  const move = (direction: Direction): void => {
    const next = moveSelection(layout.boxes, selected ?? TRIGGER_NODE, direction)
    if (next === null) return
    onSelect(next)
  }
  const hasFocus = useFocusWithin(host)
  useEffect(() => {
    if (selected === null) return
    const focus = (): void => {
      const part = host.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(selected)}"]`)
      if (hasFocus.current) part?.focus({ preventScroll: true })
    }
    // after the frame in which the panel opened and the canvas was centred anew; a part that was just put in is drawn then
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        show(selected)
        focus()
      })
    })
    focus()
    return () => cancelAnimationFrame(frame)
  }, [selected, show, hasFocus])

  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement
    if (target.closest('input, textarea, [contenteditable]') !== null) return
    if (onKey?.(event, selected) === true) {
      event.preventDefault()
      return
    }
    const direction = ARROWS.get(event.key)
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey
    if (direction !== undefined && plain) {
      event.preventDefault()
      move(direction)
    } else if (event.key === 'Enter' && target.dataset['node'] !== undefined) {
      event.preventDefault()
      onSelect(target.dataset['node'])
      onEdit?.(target.dataset['node'])
    }
  }

  const nearest = useCallback(
    (x: number, y: number): FlowBox | null => {
      let best: FlowBox | null = null
      let least = 160
      for (const box of layout.boxes) {
        if (box.kind !== 'insert') continue
        const far = Math.hypot(box.x + box.width / 2 - x, (box.y + box.height / 2 - y) * 1.5)
        if (far < least) [best, least] = [box, far]
      }
      return best
    },
    [layout],
  )

  // the same functions at every drawing: with new ones the library draws all parts again
  const latest = useRef({ onSelect, onInsert, onMove, nearest, layout, drag })
  latest.current = { onSelect, onInsert, onMove, nearest, layout, drag }
  const [handlers] = useState(() => ({
    onNodeClick: (_: unknown, node: AnyNode): void => {
      if (node.type === 'insert') latest.current.onInsert?.((node.data as InsertData).slot)
      else if (node.type === 'card' || node.type === 'arm') latest.current.onSelect(node.id)
    },
    onPaneClick: (): void => latest.current.onSelect(null),
    onNodeDrag: (_: unknown, node: AnyNode): void => {
      const { x, y } = node.position
      const box = latest.current.nearest(x + (node.width ?? 0) / 2, y + (node.height ?? 0) / 2)
      setDrag({ id: node.id, position: node.position, target: box?.id ?? null })
    },
    onNodeDragStop: (_: unknown, node: AnyNode): void => {
      const { layout: now, drag: last } = latest.current
      const target = now.boxes.find(({ id }) => id === last?.target)
      const part = parseNode(node.id)
      setDrag(null)
      if (target?.slot !== undefined && part?.kind === 'step') latest.current.onMove?.(part.key, target.slot)
    },
  }))

  return (
    // biome-ignore lint: the region only forwards keys to the focused part within it
    <div ref={host} className={classes['canvas']} onKeyDown={onKeyDown} data-dragging={drag !== null || undefined}>
      <ReactFlow<AnyNode, LineEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={colorMode}
        minZoom={0.2}
        maxZoom={1.5}
        panOnScroll
        zoomOnDoubleClick={false}
        nodesDraggable={onMove !== undefined}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        elevateNodesOnSelect={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        nodeDragThreshold={6}
        proOptions={PRO_OPTIONS}
        aria-label={strings.flow}
        onNodeClick={handlers.onNodeClick}
        onPaneClick={handlers.onPaneClick}
        onNodeDrag={handlers.onNodeDrag}
        onNodeDragStop={handlers.onNodeDragStop}
      >
        <Background gap={24} size={1} color="var(--k-border)" />
      </ReactFlow>
      <FlowControls onHome={() => void flow.fitView({ padding: 0.12, maxZoom: 1, duration: 200 })} />
      {children}
    </div>
  )
}

/** Whether the keyboard's focus is in an element, or was when the focused part of it was removed. */
function useFocusWithin(host: React.RefObject<HTMLElement | null>): React.RefObject<boolean> {
  const within = useRef(false)
  useEffect(() => {
    const note = (event: FocusEvent): void => {
      within.current = host.current?.contains(event.target as Node) === true
    }
    document.addEventListener('focusin', note)
    return () => document.removeEventListener('focusin', note)
  }, [host])
  return within
}

const SMALLEST = 0.55
const MARGIN = 48

/** As large as fits into a width, but never tiny, nor larger than it is. */
const zoomFor = (space: number, { left, right }: Sides): number =>
  Math.min(1, Math.max(SMALLEST, (space - MARGIN) / (left + right)))

type Sides = { left: number; right: number }

/** Begins at the top of the flow, as wide as fits but never tiny. */
function useHome(host: React.RefObject<HTMLDivElement | null>, sides: Sides): void {
  const flow = useReactFlow()
  const begun = useRef(false)
  const isReady = flow.viewportInitialized
  useEffect(() => {
    const element = host.current
    if (element === null || begun.current || !isReady) return
    begun.current = true
    const zoom = zoomFor(element.clientWidth, sides)
    void flow.setViewport({ x: element.clientWidth / 2 - (zoom * (sides.right - sides.left)) / 2, y: 40, zoom })
  }, [flow, host, sides, isReady])
}

/**
 * Keeps what is in the middle there when the canvas gets wider or narrower, as when the panel opens. What was wholly seen
 * stays so, drawn smaller if need be, and becomes as large as it was when there is room again.
 */
function useStayCentred(host: React.RefObject<HTMLDivElement | null>, sides: Sides): void {
  const flow = useReactFlow()
  const latest = useRef(sides)
  latest.current = sides
  useEffect(() => {
    const element = host.current
    if (element === null) return
    let width = element.clientWidth
    let shrunk: { zoom: number; from: number } | null = null
    const observer = new ResizeObserver(() => {
      const now = element.clientWidth
      if (now === width) return
      const { x, y, zoom } = flow.getViewport()
      const { left, right } = latest.current
      const isWhole = x - left * zoom >= 0 && x + right * zoom <= width
      const fitting = Math.min(zoom, zoomFor(now, latest.current))
      let next = zoom
      if (now < width && isWhole && fitting < zoom) {
        next = fitting
        shrunk = { zoom: fitting, from: shrunk?.from ?? zoom }
      } else if (now > width && shrunk?.zoom === zoom) {
        next = Math.min(shrunk.from, Math.max(zoom, zoomFor(now, latest.current)))
        shrunk = next === shrunk.from ? null : { zoom: next, from: shrunk.from }
      }
      const middle = (width / 2 - x) / zoom
      const centre = next < zoom ? (right - left) / 2 : middle
      void flow.setViewport({ x: now / 2 - centre * next, y: y * (next / zoom), zoom: next })
      width = now
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [flow, host])
}

/** Brings a part into view when it isn't, by the shortest way. */
function useShow(host: React.RefObject<HTMLDivElement | null>, boxes: readonly FlowBox[]): (id: string) => void {
  const flow = useReactFlow()
  const latest = useRef(boxes)
  latest.current = boxes
  return useCallback(
    (id) => {
      const box = latest.current.find((each) => each.id === id)
      const element = host.current
      if (box === undefined || element === null) return
      const { x, y, zoom } = flow.getViewport()
      const shift = (start: number, size: number, space: number, most: number): number => {
        const margin = Math.min(most, space / 8)
        if (start < margin) return margin - start
        return start + size > space - margin ? Math.max(space - margin - size, margin) - start : 0
      }
      const dx = shift(box.x * zoom + x, box.width * zoom, element.clientWidth, MARGIN / 3)
      const dy = shift(box.y * zoom + y, box.height * zoom, element.clientHeight, 64)
      if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: 150 })
    },
    [flow, host],
  )
}
