import type { FlowBox } from './layout.ts'

export type Direction = 'up' | 'down' | 'left' | 'right' | 'first' | 'last'

const SELECTABLE: ReadonlySet<FlowBox['kind']> = new Set(['trigger', 'conditions', 'step', 'arm'])

/** The parts that can be selected, in the order of the document. */
export function selectable(boxes: readonly FlowBox[]): FlowBox[] {
  return boxes.filter(({ kind }) => SELECTABLE.has(kind))
}

/**
 * The part that an arrow key leads to: up and down go through the document, left and right to the way beside.
 *
 * @returns the same id at an end
 */
export function moveSelection(boxes: readonly FlowBox[], from: string | null, direction: Direction): string | null {
  const parts = selectable(boxes)
  const at = parts.findIndex(({ id }) => id === from)
  if (at < 0 || direction === 'first') return parts[0]?.id ?? null
  if (direction === 'last') return parts.at(-1)!.id
  if (direction === 'up') return parts[Math.max(0, at - 1)]!.id
  if (direction === 'down') return parts[Math.min(parts.length - 1, at + 1)]!.id
  return beside(parts, parts[at]!, direction === 'left' ? -1 : 1).id
}

/** The nearest part to one side that is about as far down; the same part when there is none. */
function beside(parts: readonly FlowBox[], from: FlowBox, side: -1 | 1): FlowBox {
  const centre = from.x + from.width / 2
  let best = from
  let least = Number.POSITIVE_INFINITY
  for (const part of parts) {
    const across = (part.x + part.width / 2 - centre) * side
    if (across < 1) continue
    const far = across + 3 * Math.abs(part.y - from.y)
    if (far < least) [best, least] = [part, far]
  }
  return best
}
