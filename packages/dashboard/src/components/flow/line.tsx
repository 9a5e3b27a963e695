import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import type { FlowLine } from './layout.ts'

export type LineEdge = Edge<{ line: FlowLine; taken: boolean | null }, 'line'>

const RADIUS = 8
const DROP = 16

/** Down, sideways, down, with round corners; `side`: sideways, then down. */
export function linePath({ from, to, turn }: Pick<FlowLine, 'from' | 'to' | 'turn'>): string {
  if (Math.abs(from.x - to.x) < 1) return `M ${from.x} ${from.y} V ${to.y}`
  if (turn === 'side') {
    const r = Math.min(RADIUS, to.y - from.y)
    return `M ${from.x} ${from.y} H ${to.x - r} Q ${to.x} ${from.y} ${to.x} ${from.y + r} V ${to.y}`
  }
  const y = turn === 'early' ? from.y + DROP : to.y - DROP
  const side = Math.sign(to.x - from.x)
  const r = Math.min(RADIUS, Math.abs(to.x - from.x) / 2)
  return (
    `M ${from.x} ${from.y} V ${y - r} Q ${from.x} ${y} ${from.x + side * r} ${y} ` +
    `H ${to.x - side * r} Q ${to.x} ${y} ${to.x} ${y + r} V ${to.y}`
  )
}

/** A line of the flow. */
export const Line = memo(function Line({ id, data }: EdgeProps<LineEdge>) {
  if (data === undefined) return null
  const color = data.taken === true ? 'var(--k-accent)' : 'var(--k-border-strong)'
  return (
    <BaseEdge
      id={id}
      path={linePath(data.line)}
      style={{
        stroke: color,
        strokeWidth: 1.5,
        opacity: data.taken === false ? 0.5 : 1,
        ...(data.line.turn === 'side' && { strokeDasharray: '4 4' }),
      }}
      interactionWidth={0}
    />
  )
})

export const edgeTypes = { line: Line }
