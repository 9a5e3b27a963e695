/**
 * Keeps a spreadsheet from taking text for a formula: an apostrophe before `=`, `+`, `-`, `@`, tab and CR, also behind blanks. Numbers
 * aren't text, so -5 stays -5. OWASP: CSV injection.
 */
export function guardFormula(text: string): string {
  return /^'*(?:\s*[=+\-@]|[\t\r])/.test(text) ? `'${text}` : text
}

/** Takes the apostrophe off again, so that what was exported is imported as it was. */
export function unguardFormula(text: string): string {
  return /^'+(?:\s*[=+\-@]|[\t\r])/.test(text) ? text.slice(1) : text
}
