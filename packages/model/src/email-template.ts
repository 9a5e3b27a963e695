import type { Problem } from './errors.ts'
import { compileTemplate, ExpressionError, toText } from './expressions/index.ts'
import type { CompiledTemplate, RenderOptions, Scope } from './expressions/index.ts'
import { htmlToText } from './html-text.ts'

/** The texts of an e-mail, with placeholders. Without `text` the plain part is made from the HTML. */
export interface EmailTexts {
  readonly subject: string
  readonly html: string
  readonly text?: string | null
}

export interface RenderedEmail {
  /** one line */
  subject: string
  html: string
  text: string
  /** names that had no value */
  missing: string[]
}

interface CompiledEmail {
  readonly subject: CompiledTemplate
  readonly html: CompiledTemplate
  readonly text: CompiledTemplate | null
}

const compiledEmails = new WeakMap<EmailTexts, CompiledEmail>()

function compiledOf(email: EmailTexts): CompiledEmail {
  let compiled = compiledEmails.get(email)
  if (compiled === undefined) {
    const text = email.text ?? ''
    compiled = {
      subject: compileTemplate(email.subject),
      html: compileTemplate(email.html),
      text: text.trim() === '' ? null : compileTemplate(text),
    }
    compiledEmails.set(email, compiled)
  }
  return compiled
}

/**
 * Renders an e-mail. In the HTML values are escaped; variables can be named with and without `variables.`; the subject
 * is one line, whatever the values hold.
 *
 * @param email compiled once per object, so it must not be changed
 * @param scope with `variables` in it
 * @param options `escape` and `bareVariables` are set here
 * @throws ExpressionError when a text is broken or a limit is passed
 * Source: SPEC.md, section 7; SPEC-DETAILS.md, section 6
 */
export function renderEmail(email: EmailTexts, scope: Scope, options: RenderOptions = {}): RenderedEmail {
  const compiled = compiledOf(email)
  const missing = new Set<string>()
  const render = (template: CompiledTemplate, escape: 'none' | 'html'): string => {
    const rendered = template.render(scope, { ...options, escape, bareVariables: true })
    for (const name of rendered.missing) missing.add(name)
    return toText(rendered.value)
  }
  const subject = oneLine(render(compiled.subject, 'none'))
  const html = render(compiled.html, 'html')
  const text = compiled.text === null ? htmlToText(html) : render(compiled.text, 'none')
  return { subject, html, text, missing: [...missing] }
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}

/**
 * What is wrong with the texts of an e-mail template: bad expressions, and secrets, which never go into an e-mail. Fields
 * and variables aren't known before an automation uses it.
 *
 * @returns problems at `/subject`, `/html` and `/text`, with the column in their messages
 * Source: SPEC.md, section 3
 */
export function emailProblems(email: EmailTexts): Problem[] {
  const found: Problem[] = []
  for (const [path, source] of [
    ['/subject', email.subject],
    ['/html', email.html],
    ['/text', email.text ?? ''],
  ] as const) {
    try {
      const secret = compileTemplate(source).paths.find(({ root }) => root === 'secrets')
      if (secret !== undefined) {
        const message = `a secret can't be used in an e-mail, at column ${secret.column}`
        found.push({ path, message, hint: "only in a webhook's url, headers and body" })
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      found.push({ path, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) })
    }
  }
  if (/[\r\n]/.test(email.subject)) found.push({ path: '/subject', message: 'the subject is one line' })
  return found
}
