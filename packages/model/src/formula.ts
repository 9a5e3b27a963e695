/** Blanks, control and invisible characters, then what begins a formula, also in the wide form that Japanese spreadsheets take for the same. */
const FORMULA = String.raw`(?:[\s\p{C}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0])`
const RISKY = new RegExp(`^'*${FORMULA}`, 'u')
const GUARDED = new RegExp(`^'+${FORMULA}`, 'u')

/**
 * Keeps a spreadsheet from taking text for a formula: an apostrophe before `=`, `+`, `-`, `@`, also behind blanks and invisible
 * characters, and before a tab or the end of a line. Numbers aren't text, so -5 stays -5. OWASP: CSV injection.
 */
export function guardFormula(text: string): string {
  return RISKY.test(text) ? `'${text}` : text
}

/** Takes the apostrophe off again, so that what was exported is imported as it was. */
export function unguardFormula(text: string): string {
  return GUARDED.test(text) ? text.slice(1) : text
}
