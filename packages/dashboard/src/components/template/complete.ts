import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  snippetCompletion,
} from '@codemirror/autocomplete'
import type { EditorState } from '@codemirror/state'
import { FUNCTIONS, toText } from '@kantos/model'
import { strings } from '../../strings/editor.ts'
import type { EditorSetting } from '../editor/context.tsx'
import type { NameEntry } from '../editor/names.ts'

type Source = Pick<EditorSetting, 'names' | 'secrets' | 'scope'> & { allowSecrets: boolean; bare: boolean }

/** The text of an open placeholder before the cursor, or null outside of one. */
export function openExpression(before: string): string | null {
  const open = before.lastIndexOf('{{')
  if (open < 0 || before.indexOf('}}', open) >= 0) return null
  return before.slice(open + 2)
}

const WORD = /[\p{L}_][\p{L}\p{N}_.]*$/u

/** Whether the end of an expression lies within a text literal. */
function inText(expression: string): boolean {
  let quote: string | null = null
  for (let i = 0; i < expression.length; i++) {
    const char = expression[i]!
    if (quote === null) {
      if (char === "'" || char === '"') quote = char
    } else if (char === '\\') i++
    else if (char === quote) quote = null
  }
  return quote !== null
}

/** The expression before the cursor in which names may stand; null outside of placeholders and in text literals. */
export function expressionBefore(state: EditorState, bare: boolean, pos = state.selection.main.head): string | null {
  const before = state.sliceDoc(0, pos)
  const expression = bare ? before : openExpression(before)
  return expression === null || inText(expression) ? null : expression
}

/** Names, functions and earlier steps' outputs, with their sample values. Source: SPEC.md, section 13 */
export function completions(source: Source) {
  return (context: CompletionContext): CompletionResult | null => {
    const expression = expressionBefore(context.state, source.bare, context.pos)
    if (expression === null) return null
    const word = WORD.exec(expression)?.[0] ?? ''
    if (word === '' && !context.explicit && expression.trim() !== '' && !/[\s(,+\-*/!=<>?:&|]$/.test(expression))
      return null
    const ranks = new Map(
      [...new Set(source.names.map(({ section }) => section))].map((section, rank) => [section, rank]),
    )
    const options = [
      ...source.names.map((name) => nameOption(name, source, ranks.get(name.section)!)),
      ...secretOptions(source),
      ...FUNCTION_OPTIONS,
    ]
    return { from: context.pos - word.length, options, validFor: /^[\p{L}\p{N}_.]*$/u }
  }
}

function nameOption({ path, label, section, type }: NameEntry, { scope }: Source, rank: number): Completion {
  return {
    label: path,
    detail: sampleText(valueAt(path, scope)) ?? label,
    type: 'variable',
    section: { name: section, rank },
    info: `${label} · ${type === 'any' ? '…' : type.replace('_', ' ')}`,
    boost: /^(?:record|item)\.[a-z_0-9]+$/.test(path) ? 5 : 0,
  }
}

function secretOptions({ secrets, allowSecrets }: Source): Completion[] {
  if (!allowSecrets) return []
  const section = { name: strings.sections.secrets, rank: 900 }
  return secrets.map((name) => ({ label: `secrets.${name}`, type: 'constant', section }))
}

const FUNCTION_OPTIONS: readonly Completion[] = [...FUNCTIONS.values()].map((each) => {
  const section = { name: strings.sections.functions, rank: 950 }
  const info = `${each.signature}\n${each.description}\n${each.example}`
  return snippetCompletion(`${each.name}(\${})`, {
    label: each.name,
    type: 'function',
    detail: each.signature,
    info,
    section,
    boost: -10,
  })
})

/** The value of a plain path in the sample; undefined when there is none. */
export function valueAt(path: string, scope: Readonly<Record<string, unknown>>): unknown {
  let value: unknown = scope
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

/** A sample value in a few words; undefined when there is nothing to show. */
export function sampleText(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  const text = toText(value).replaceAll(/\s+/g, ' ')
  return text.length > 32 ? `${text.slice(0, 31)}…` : text
}
