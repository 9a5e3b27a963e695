import { ExpressionError } from './error.ts'
import { compileNode, missingNames, type Evaluate } from './evaluate.ts'
import { Evaluation, type RenderOptions, type Scope } from './evaluation.ts'
import { MAX_TEXT_LENGTH } from './limits.ts'
import { parse, secretName, type PathUse } from './parse.ts'
import type { Node } from './syntax.ts'
import { isList, isPlainObject, tidyNumber, toText } from './values.ts'

/** Stands where a secret's value will be, in everything that is shown or stored. */
const MASK = '••••'

/** The place of a secret in a rendered text; only the sender of the request puts the value in. */
export interface SecretPart {
  readonly secret: string
}

export interface Rendered {
  /** JSON data; text unless the template is one whole placeholder. */
  value: unknown
  /** Names that had no value, such as `record.phone`. */
  missing: string[]
  /** Readable remarks, such as `division by zero gives null`. */
  notes: string[]
  /** Only if the template names a secret: its pieces in order; `value` then shows `••••` in the secrets' places. */
  parts?: readonly (string | SecretPart)[]
}

export interface CompiledTemplate {
  readonly source: string
  /** One whole placeholder and nothing else: the value keeps its type. */
  readonly whole: boolean
  /** No placeholder: renders as itself. */
  readonly constant: boolean
  readonly paths: readonly PathUse[]
  readonly functions: readonly string[]
  /** @throws ExpressionError only when a limit is passed, such as a text over 1 MiB */
  render(scope: Scope, options?: RenderOptions): Rendered
}

export interface CompiledExpression {
  readonly source: string
  readonly paths: readonly PathUse[]
  /** @throws ExpressionError only when a limit is passed, such as a text over 1 MiB */
  evaluate(scope: Scope, options?: RenderOptions): { value: unknown; missing: string[]; notes: string[] }
}

interface Placeholder {
  readonly node: Node
  readonly column: number
  readonly secret: string | null
  readonly evaluate: Evaluate
}

/** Whether a text holds the beginning of a placeholder, and so needs compiling. */
export function hasPlaceholder(text: string): boolean {
  return text.includes('{{')
}

/**
 * Compiles a text with `{{ expression }}` placeholders.
 *
 * @param source e.g. `Hello {{record.name}}`; at most 1 MiB, each expression at most 4,096 characters
 * @returns what renders it, with the paths and functions it names, in order of appearance
 * @throws ExpressionError with the column of what is wrong
 * Source: SPEC.md, section 7
 */
export function compileTemplate(source: string): CompiledTemplate {
  if (source.length > MAX_TEXT_LENGTH) {
    const hint = `the limit is ${MAX_TEXT_LENGTH} characters`
    throw new ExpressionError('the template is too long', MAX_TEXT_LENGTH + 1, { hint })
  }
  const pieces: (string | Placeholder)[] = []
  const paths: PathUse[] = []
  const functions = new Set<string>()
  let from = 0
  for (let open = source.indexOf('{{'); open >= 0; open = source.indexOf('{{', from)) {
    if (open > from) pieces.push(source.slice(from, open))
    const { node, end, ...uses } = parse(source, open + 2, true)
    pieces.push({ node, column: open + 1, secret: secretName(node), evaluate: compileNode(node, source) })
    for (const path of uses.paths) paths.push(path)
    for (const name of uses.functions) functions.add(name)
    from = end + 2
  }
  if (from < source.length) pieces.push(source.slice(from))
  const constant = pieces.every((piece) => typeof piece === 'string')
  const only = pieces.length === 1 && typeof pieces[0] === 'object' ? pieces[0] : null
  const about = { source, whole: only !== null, constant, paths, functions: [...functions] }
  if (constant) return { ...about, render: () => ({ value: source, missing: [], notes: [] }) }
  const hasSecret = pieces.some((piece) => typeof piece === 'object' && piece.secret !== null)
  if (hasSecret) return { ...about, render: (scope, options) => renderWithSecrets(pieces, source, scope, options) }
  if (only === null) return { ...about, render: (scope, options) => renderText(pieces, source, scope, options) }
  return { ...about, render: (scope, options) => renderWhole(only, source, scope, options) }
}

/**
 * Compiles a bare expression, without braces, or one whole `{{ … }}` placeholder (blanks around it don't matter).
 *
 * @param source e.g. `steps.find_records_1.records` or `{{date_add(now, 3, 'days')}}`
 * @throws ExpressionError with the column of what is wrong
 * Source: SPEC.md, section 7
 */
export function compileExpression(source: string): CompiledExpression {
  const blanks = source.length - source.trimStart().length
  const inBraces = source.startsWith('{{', blanks)
  const { node, paths, end } = parse(source, inBraces ? blanks + 2 : 0, inBraces)
  if (inBraces && source.slice(end + 2).trim() !== '') {
    const hint = 'one placeholder, or an expression without braces'
    throw new ExpressionError('expected nothing behind the placeholder', end + 3, { end: source.length + 1, hint })
  }
  if (secretName(node) !== null) {
    const hint = "secrets can be used in a webhook's url, headers and body"
    throw new ExpressionError("a secret can't be used here", node.start + 1, { end: node.end + 1, hint })
  }
  const placeholder = { node, column: node.start + 1, secret: null, evaluate: compileNode(node, source) }
  return { source, paths, evaluate: (scope, options) => renderWhole(placeholder, source, scope, options) }
}

function renderWhole(placeholder: Placeholder, source: string, scope: Scope, options?: RenderOptions): Rendered {
  const evaluation = new Evaluation(scope, options)
  const value = valueOf(placeholder, source, evaluation)
  const { missing, notes } = evaluation
  return { value: options?.escape === 'html' ? escapedValue(value) : value, missing, notes }
}

function renderText(
  pieces: readonly (string | Placeholder)[],
  source: string,
  scope: Scope,
  options?: RenderOptions,
): Rendered {
  const evaluation = new Evaluation(scope, options)
  const html = options?.escape === 'html'
  let text = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else text += textOf(piece, source, evaluation, html)
    limit(text, piece)
  }
  return { value: text, missing: evaluation.missing, notes: evaluation.notes }
}

function renderWithSecrets(
  pieces: readonly (string | Placeholder)[],
  source: string,
  scope: Scope,
  options?: RenderOptions,
): Rendered {
  const evaluation = new Evaluation(scope, options)
  const html = options?.escape === 'html'
  const parts: (string | SecretPart)[] = []
  let masked = ''
  let text = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else if (piece.secret === null) text += textOf(piece, source, evaluation, html)
    else {
      if (text !== '') parts.push(text)
      parts.push({ secret: piece.secret })
      masked += text + MASK
      text = ''
    }
    limit(masked, piece, text.length)
  }
  if (text !== '') parts.push(text)
  return { value: masked + text, missing: evaluation.missing, notes: evaluation.notes, parts }
}

function limit(text: string, piece: string | Placeholder, more = 0): void {
  if (text.length + more <= MAX_TEXT_LENGTH) return
  throw new ExpressionError('the rendered text is too long', typeof piece === 'string' ? 1 : piece.column, {
    hint: `the limit is ${MAX_TEXT_LENGTH} characters`,
  })
}

function valueOf(placeholder: Placeholder, source: string, evaluation: Evaluation): unknown {
  const value = placeholder.evaluate(evaluation)
  if (value === null || value === undefined) {
    nameMissing(placeholder, source, evaluation)
    return null
  }
  if (typeof value === 'string') {
    if (value.length > MAX_TEXT_LENGTH) limit(value, placeholder)
    return value
  }
  if (typeof value !== 'number') return value
  return placeholder.node.kind === 'path' ? value : tidyNumber(value)
}

function nameMissing({ node }: Placeholder, source: string, evaluation: Evaluation): void {
  const { follow, timezone } = evaluation
  const again = new Evaluation(evaluation.scope, { follow, timezone, bareVariables: evaluation.variables !== null })
  for (const name of missingNames(node, source, (part) => compileNode(part, source)(again))) evaluation.miss(name)
}

function textOf(placeholder: Placeholder, source: string, evaluation: Evaluation, html: boolean): string {
  const value = valueOf(placeholder, source, evaluation)
  evaluation.column = placeholder.column
  evaluation.spendOnAll(value)
  const text = toText(value)
  return html ? escapeHtml(text) : text
}

/** In HTML every text is escaped; what isn't a text, number or boolean becomes one. */
function escapedValue(value: unknown): unknown {
  return typeof value === 'string' || isList(value) || isPlainObject(value) ? escapeHtml(toText(value)) : value
}

const UNSAFE = /[&<>"']/
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

function escapeHtml(text: string): string {
  return UNSAFE.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES.get(character)!) : text
}
