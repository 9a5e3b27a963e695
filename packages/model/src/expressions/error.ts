/**
 * A template or expression that can't be used: bad syntax at compile time, or a limit that was passed while evaluating.
 *
 * `column` is 1-based in the source that was given (a whole template, not only the placeholder), `end` is the column
 * just behind the offending part, and `hint` says what to write instead. The message names the column too.
 *
 * Source: SPEC.md, section 7
 */
export class ExpressionError extends Error {
  readonly column: number
  readonly end?: number
  readonly hint?: string

  constructor(message: string, column: number, more: { end?: number; hint?: string } = {}) {
    super(`${message}, at column ${column}`)
    this.name = 'ExpressionError'
    this.column = column
    if (more.end !== undefined) this.end = more.end
    if (more.hint !== undefined) this.hint = more.hint
  }
}
