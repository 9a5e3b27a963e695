/** A value with what it was and, after an undo, what it will be again. */
export interface History<T> {
  readonly past: readonly T[]
  readonly present: T
  readonly future: readonly T[]
  /** of the latest change; a following one of the same tag joins it, so that typing is undone as a whole */
  readonly tag: string | null
}

const LIMIT = 200

/** A history without a past. */
export function begin<T>(present: T): History<T> {
  return { past: [], present, future: [], tag: null }
}

/** A change; what was undone before it is gone. @param tag null: a step of its own */
export function change<T>(history: History<T>, next: T, tag: string | null): History<T> {
  if (Object.is(next, history.present)) return history
  const joins = tag !== null && tag === history.tag && history.past.length > 0
  const past = joins ? history.past : [...history.past, history.present].slice(-LIMIT)
  return { past, present: next, future: [], tag }
}

/** Ends joining: the next change is a step of its own, whatever its tag. */
export function settle<T>(history: History<T>): History<T> {
  return history.tag === null ? history : { ...history, tag: null }
}

/** One step back; the same history when there is none. */
export function undo<T>(history: History<T>): History<T> {
  if (history.past.length === 0) return history
  const [present, past] = [history.past.at(-1)!, history.past.slice(0, -1)]
  return { past, present, future: [history.present, ...history.future], tag: null }
}

/** One step forward again; the same history when there is none. */
export function redo<T>(history: History<T>): History<T> {
  const [present, ...future] = history.future
  if (present === undefined) return history
  return { past: [...history.past, history.present], present, future, tag: null }
}
