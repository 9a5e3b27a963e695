import { ExpressionError } from './error.ts'
import { MAX_EXPRESSION_LENGTH } from './limits.ts'

export type TokenKind = 'number' | 'text' | 'name' | 'operator' | 'end'

/** One token; `start` and `end` are 0-based offsets in the whole source. */
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly value: string | number | null
  readonly start: number
  readonly end: number
}

const SPACE = /\s+/y
const DIGITS = /\d+/y
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/uy
const OPERATOR = /\?\?|&&|\|\||==|!=|<=|>=|[+\-*/%<>!?:,.()[\]]/y

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
])

/** What people write from habit, and what it is here. Longer spellings first. */
const HABITS: readonly (readonly [string, string])[] = [
  ['===', 'write =='],
  ['!==', 'write !='],
  ['?.', "write '.': reading from something missing is safe and gives nothing"],
  ['=>', 'functions of your own are not part of the language'],
  ['...', 'write the items one by one'],
  ['**', 'write the multiplication out'],
  ['&gt;', 'write >'],
  ['&lt;', 'write <'],
  ['&amp;&amp;', 'write &&'],
  ['&quot;', 'write a straight quote'],
  ['&#39;', 'write a straight quote'],
  ['&nbsp;', 'write a space'],
  ['=', 'write == to compare'],
  ['&', 'write &&'],
  ['|', 'write || for "or"; functions are called like upper(record.name)'],
  ['`', 'write text in \'single\' or "double" quotes'],
  ['“', "write text in straight quotes: 'text'"],
  ['”', "write text in straight quotes: 'text'"],
  ['‘', "write text in straight quotes: 'text'"],
  ['’', "write text in straight quotes: 'text'"],
  ['{', 'a placeholder has two braces on each side, and objects cannot be written'],
  ['.', 'write a digit before the point: 0.5'],
]

function habitAt(source: string, at: number): string | undefined {
  return HABITS.find(([text]) => source.startsWith(text, at))?.[1]
}

function matchAt(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? null
}

/**
 * Cuts an expression into tokens, beginning at an offset.
 *
 * @param source the whole source, of which the expression may be a part
 * @param from offset of the expression's first character
 * @param inBraces true inside `{{ … }}`: ends at the first `}}` outside quotes, which must be there
 * @returns the tokens, the last one of kind `end`, and the offset just behind the expression (before `}}`)
 * @throws ExpressionError for an unknown character, an unclosed text or placeholder, or more than 4,096 characters
 * Source: SPEC.md, section 7
 */
export function tokenize(source: string, from: number, inBraces: boolean): { tokens: Token[]; end: number } {
  const tokens: Token[] = []
  const opened = inBraces ? from - 2 : from
  let at = from
  for (;;) {
    at += matchAt(SPACE, source, at)?.length ?? 0
    if (at - from > MAX_EXPRESSION_LENGTH) {
      if (inBraces && isUnclosed(source, opened)) throw unclosed(opened)
      const hint = `the limit is ${MAX_EXPRESSION_LENGTH} characters`
      throw new ExpressionError('the expression is too long', opened + 1, { end: at + 1, hint })
    }
    if (at >= source.length) {
      if (inBraces) throw unclosed(opened)
      break
    }
    if (inBraces && source.startsWith('}}', at)) break
    const token = readToken(source, at, tokens.at(-1), inBraces, opened)
    tokens.push(token)
    at = token.end
  }
  tokens.push({ kind: 'end', text: inBraces ? '}}' : 'the end', value: null, start: at, end: inBraces ? at + 2 : at })
  return { tokens, end: at }
}

/** No `}}` follows, or another `{{` comes first. */
function isUnclosed(source: string, opened: number): boolean {
  const close = source.indexOf('}}', opened)
  const again = source.indexOf('{{', opened + 2)
  return close < 0 || (again > opened + 2 && again < close)
}

function unclosed(opened: number): ExpressionError {
  const hint = "close it with }}; to print the braces themselves write {{ '{{' }}"
  return new ExpressionError("'{{' is never closed", opened + 1, { end: opened + 3, hint })
}

function readToken(source: string, at: number, before: Token | undefined, inBraces: boolean, opened: number): Token {
  const first = source.charAt(at)
  if (first === "'" || first === '"') return readText(source, at, inBraces, opened)
  if (first >= '0' && first <= '9') return readNumber(source, at, before)
  const name = matchAt(NAME, source, at)
  if (name !== null) return { kind: 'name', text: name, value: name, start: at, end: at + name.length }
  const operator = matchAt(OPERATOR, source, at)
  const next = source.charAt(at + (operator?.length ?? 1))
  const known = operator !== null && !isForeignOperator(operator, next, source, at)
  if (known) return { kind: 'operator', text: operator, value: null, start: at, end: at + operator.length }
  if (inBraces && isUnclosed(source, opened)) throw unclosed(opened)
  const hint = habitAt(source, at)
  throw new ExpressionError(`unexpected ${JSON.stringify(String.fromCodePoint(source.codePointAt(at)!))}`, at + 1, {
    end: at + 2,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** JavaScript's longer operators begin like ours: `===`, `!==`, `**`, `?.`, `...`. */
function isForeignOperator(operator: string, next: string, source: string, at: number): boolean {
  if (operator === '==' || operator === '!=') return next === '='
  if (operator === '*') return next === '*'
  if (operator === '?') return next === '.' && !/\d/.test(source.charAt(at + 2))
  if (operator === '.') return next === '.'
  return false
}

/** After a dot, digits are a position in a list (`items.0.name`). */
function readNumber(source: string, at: number, before: Token | undefined): Token {
  const text = matchAt(before?.text === '.' ? DIGITS : NUMBER, source, at)!
  const end = at + text.length
  const tail = matchAt(NAME, source, end)
  if (tail !== null) {
    const message = `${text}${tail} is neither a number nor a name`
    throw new ExpressionError(message, at + 1, { end: end + tail.length + 1 })
  }
  const value = Number(text)
  if (!Number.isFinite(value)) throw new ExpressionError(`${text} is too large`, at + 1, { end: end + 1 })
  return { kind: 'number', text, value, start: at, end }
}

function readText(source: string, start: number, inBraces: boolean, opened: number): Token {
  const quote = source.charAt(start)
  let value = ''
  let at = start + 1
  for (;;) {
    if (at >= source.length || at - start > MAX_EXPRESSION_LENGTH) {
      if (inBraces && isUnclosed(source, opened)) throw unclosed(opened)
      throw new ExpressionError(`the text that begins with ${quote} is never closed`, start + 1, {
        end: start + 2,
        hint: `expected another ${quote}`,
      })
    }
    const character = source.charAt(at)
    if (character === quote) break
    if (character !== '\\') {
      value += character
      at += 1
      continue
    }
    const escape = readEscape(source, at)
    value += escape.value
    at = escape.end
  }
  if (value.includes('\u0000') || !value.isWellFormed()) {
    const message = 'a text can hold neither NUL nor half a character'
    throw new ExpressionError(message, start + 1, { end: at + 2 })
  }
  return { kind: 'text', text: source.slice(start, at + 1), value, start, end: at + 1 }
}

function readEscape(source: string, at: number): { value: string; end: number } {
  const letter = source.charAt(at + 1)
  const simple = ESCAPES.get(letter)
  if (simple !== undefined) return { value: simple, end: at + 2 }
  if (letter === 'u') {
    const hex = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))/.exec(source.slice(at + 2, at + 10))
    const code = hex === null ? Number.NaN : Number.parseInt(hex[1] ?? hex[2]!, 16)
    if (hex !== null && code <= 0x10ffff) {
      const value = hex[1] === undefined ? String.fromCharCode(code) : String.fromCodePoint(code)
      return { value, end: at + 2 + hex[0].length }
    }
  }
  const hint = 'the escapes are \\n \\r \\t \\\\ \\\' \\" and \\u0041'
  throw new ExpressionError(`\\${letter} is not an escape`, at + 1, { end: at + 3, hint })
}
