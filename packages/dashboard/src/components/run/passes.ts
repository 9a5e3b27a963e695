import type { Step } from '@kantos/model'

/** Steps that follow each other in the same pass of a loop, or outside of any. */
export interface StepGroup {
  /** which pass begins with them; null: they are in no loop, or go on with the pass around a loop that ended */
  pass: { number: number; of: number | null } | null
  /** how many loops they are in */
  depth: number
  /** their places in the run's list */
  places: number[]
}

/**
 * A run's steps by the passes of its loops. Steps stand flat and in order, a loop before its first pass; each tells its item's place in the
 * innermost loop, and its path which loops it is in.
 *
 * Source: SPEC-DETAILS.md, section 6
 */
export function passesOf(steps: readonly Pick<Step, 'type' | 'path' | 'index' | 'output'>[]): StepGroup[] {
  const groups: StepGroup[] = []
  const counts = new Map<string, number>()
  const current = new Map<string, number>()
  let around: string | null = null
  for (const [place, { type, path, index, output }] of steps.entries()) {
    const loops = loopsAround(path)
    const loop = loops.at(-1) ?? null
    const isNew = loop !== null && index !== undefined && current.get(loop) !== index
    if (groups.length === 0 || isNew || loop !== around)
      groups.push({
        pass: isNew ? { number: index + 1, of: counts.get(loop) ?? null } : null,
        depth: loops.length,
        places: [],
      })
    groups.at(-1)!.places.push(place)
    around = loop
    if (isNew) current.set(loop, index)
    if (type === 'for_each') {
      current.delete(path)
      const count = (output as { count?: unknown } | null)?.count
      if (typeof count === 'number') counts.set(path, count)
      else counts.delete(path)
    }
  }
  return groups
}

/** The paths of the loops that a step is in, outermost first: `actions/1/actions/0` is in `actions/1`. */
function loopsAround(path: string): string[] {
  return [...path.matchAll(/\/actions\//g)].map(({ index }) => path.slice(0, index))
}
