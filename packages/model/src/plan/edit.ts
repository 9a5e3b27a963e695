import type { RenderedValue, SecretSlot } from './compile-value.ts'
import { escapePointer } from './compile-value.ts'

/** A person's correction of one step's input, made with a retry. */
export interface InputEdit {
  /** of the step it is for */
  key: string
  /** parts of the action's config, as plain values: they are not templates */
  input: Record<string, unknown>
  /** public id of who made it */
  by: string
  /** ISO */
  at: string
}

/**
 * A rendered config with a correction on top: objects are merged key by key, everything else is replaced. A secret keeps
 * its place where the correction doesn't touch it.
 */
export function withEdit(rendered: RenderedValue, edit: InputEdit): RenderedValue {
  const replaced: string[] = []
  const value = merge(rendered.value, edit.input, '', replaced)
  const isKept = ({ pointer }: SecretSlot) => !replaced.some((at) => pointer === at || pointer.startsWith(`${at}/`))
  return { ...rendered, value, secrets: rendered.secrets.filter(isKept) }
}

/** A later correction of the same step over an earlier one. */
export function mergeEdits(earlier: Record<string, unknown>, later: Record<string, unknown>): Record<string, unknown> {
  return merge(earlier, later, '', []) as Record<string, unknown>
}

function merge(under: unknown, over: unknown, pointer: string, replaced: string[]): unknown {
  if (!isPlain(over) || !isPlain(under)) {
    replaced.push(pointer)
    return over
  }
  const result = { ...under }
  for (const key of Object.keys(over))
    if (key !== '__proto__')
      result[key] = merge(
        Object.hasOwn(under, key) ? under[key] : undefined,
        over[key],
        `${pointer}/${escapePointer(key)}`,
        replaced,
      )
  return result
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
