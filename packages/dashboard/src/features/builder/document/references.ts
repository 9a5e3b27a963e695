import type { Action } from '@kantos/model'
import { errorPathOf } from '../../../components/flow/structure.ts'

const PLACEHOLDER = /\{\{[\s\S]*?\}\}/g
const STEP = /\bsteps\.([a-z][a-z0-9_]*)/g

/** Keys of text that is an expression or a path without braces: a rule's field, a loop's items. */
const BARE = new Set(['field', 'items'])

function inExpression(text: string, renamed: ReadonlyMap<string, string>): string {
  return text.replace(STEP, (whole, key: string) => {
    const next = renamed.get(key)
    return next === undefined ? whole : `steps.${next}`
  })
}

function inValue(value: unknown, renamed: ReadonlyMap<string, string>, name: string | null): unknown {
  if (typeof value === 'string') {
    if (!value.includes('steps.')) return value
    if (name !== null && BARE.has(name)) return inExpression(value, renamed)
    return value.replace(PLACEHOLDER, (placeholder) => inExpression(placeholder, renamed))
  }
  if (Array.isArray(value)) return value.map((part) => inValue(part, renamed, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inValue(part, renamed, key)]))
}

/**
 * Actions whose keys have other names, in themselves and in every `steps.<key>` of their templates, rules and loops.
 *
 * @param renamed old key → new key
 */
export function renameSteps(actions: readonly Action[], renamed: ReadonlyMap<string, string>): Action[] {
  const all = (list: readonly Action[]): Action[] =>
    list.map((action) => {
      const copy = inValue(action, renamed, null) as Action
      return withKeys(copy, renamed)
    })
  return all(actions)
}

function withKeys(action: Action, renamed: ReadonlyMap<string, string>): Action {
  const key = renamed.get(action.key) ?? action.key
  const config = Object.fromEntries(
    Object.entries(action.config).map(([name, part]) => {
      if (action.type === 'for_each' && name === 'actions')
        return [name, (part as Action[]).map((a) => withKeys(a, renamed))]
      if (action.type === 'branch' && name === 'conditions')
        return [name, (part as object[]).map((way) => armKeys(way, renamed))]
      return [name, part]
    }),
  )
  const path = errorPathOf(action)
  const onError = path === null ? {} : { on_error: { actions: path.map((inner) => withKeys(inner, renamed)) } }
  return { ...action, key, config, ...onError }
}

function armKeys(way: object, renamed: ReadonlyMap<string, string>): object {
  return Object.fromEntries(
    Object.entries(way).map(([name, part]) =>
      name === 'if' ? [name, part] : [name, (part as Action[]).map((action) => withKeys(action, renamed))],
    ),
  )
}
