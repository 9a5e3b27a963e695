import { ExpressionError } from './error.ts'
import { MAX_NOTES, MAX_TEXT_LENGTH, MAX_WORK } from './limits.ts'
import { countValues, isList, isPlainObject } from './values.ts'

/**
 * The plain data that names stand for. Roots: record, previous, changes, webhook, steps, item, index, variables,
 * automation, run, event, now, today, user. `secrets` is never read from here.
 */
export interface Scope {
  readonly [name: string]: unknown
}

/** How to render. Source: SPEC.md, section 7 */
export interface RenderOptions {
  /** `html`: the values of placeholders are escaped, the text around them isn't. Default `none`. */
  escape?: 'none' | 'html'
  /** Gives the flat record behind a reference, when a member is read on a text `rec_…`; the user behind `user_…`. */
  follow?: (id: string) => Readonly<Record<string, unknown>> | null | undefined
  /** Inside e-mail templates: a name that the scope doesn't have is looked up in `scope.variables`. */
  bareVariables?: boolean
  /** IANA zone that `date_format` uses for datetimes when it is given none. Default `UTC`. */
  timezone?: string
}

/** What a function may use beside its arguments. */
export interface CallContext {
  readonly timezone: string
  /** How the arguments are written, for remarks. */
  readonly argNames: readonly string[]
  /** Adds a readable remark to the result. */
  note(text: string): void
  /** @throws ExpressionError when the rendering has done too much work */
  spend(amount: number): void
  /** Spends what walking through all levels of a value takes. @throws ExpressionError likewise */
  spendOnAll(value: unknown): void
  /** @throws ExpressionError when a text of that length would be too long */
  reserve(length: number): void
}

/** One rendering: its data, its remarks and its budget. */
export class Evaluation implements CallContext {
  readonly scope: Scope
  readonly variables: Readonly<Record<string, unknown>> | null
  readonly follow: RenderOptions['follow']
  readonly timezone: string
  readonly missing: string[] = []
  readonly notes: string[] = []
  argNames: readonly string[] = []
  /** Where in the source the evaluation is, for errors. */
  column = 1
  work = 0

  constructor(scope: Scope, options: RenderOptions | undefined) {
    this.scope = scope
    this.follow = options?.follow
    this.timezone = options?.timezone ?? 'UTC'
    const variables = options?.bareVariables === true ? scope['variables'] : null
    this.variables = isPlainObject(variables) ? variables : null
  }

  note(text: string): void {
    if (this.notes.length < MAX_NOTES && !this.notes.includes(text)) this.notes.push(text)
  }

  miss(name: string): void {
    if (this.missing.length < MAX_NOTES && !this.missing.includes(name)) this.missing.push(name)
  }

  spend(amount: number): void {
    this.work += amount
    if (this.work <= MAX_WORK) return
    throw new ExpressionError('the expression handles too much text', this.column, {
      hint: `the limit is ${MAX_WORK} characters and list items in one rendering`,
    })
  }

  /** Counts the work of walking through a text or a list. */
  spendOn(value: unknown): void {
    if (typeof value === 'string' || isList(value)) this.spend(value.length)
  }

  /** Counts the work of walking through all levels of a list or an object. */
  spendOnAll(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.spend(countValues(value))
  }

  reserve(length: number): void {
    if (length > MAX_TEXT_LENGTH) {
      throw new ExpressionError(`the text is too long: ${length} characters`, this.column, {
        hint: `the limit is ${MAX_TEXT_LENGTH} characters`,
      })
    }
    this.spend(length)
  }
}
