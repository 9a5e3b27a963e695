/** A failed step's input, to be corrected. */
export type StepInput = Readonly<Record<string, unknown>>

/** The input of a step as it can be edited; null when it isn't an object or the log cut it. */
export function editableInput(input: unknown): StepInput | null {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return null
  return (input as { truncated?: unknown }).truncated === true ? null : (input as StepInput)
}

/** The parts that were changed, as the retry wants them; one that was removed is left alone. */
export function changedParts(before: StepInput | null, after: StepInput): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(after).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before?.[key])),
  )
}

/** A JSON object in a text; null when it is none. */
export function readObject(text: string): StepInput | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as StepInput) : null
  } catch {
    return null
  }
}

/** A list of texts, such as addresses; an empty list is one, too. */
export function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && !one.includes('\n'))
}

/** A value as its input in the form shows it: text as it is, a list of texts by lines, anything else as JSON. */
export function textOf(value: unknown): string {
  if (isTextList(value)) return value.join('\n')
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

/**
 * What was typed, as a value of the same kind as before.
 *
 * @returns undefined when it should be JSON and isn't
 */
export function valueOf(text: string, before: unknown): unknown {
  if (typeof before === 'string') return text
  if (isTextList(before)) return text.split('\n').filter((line) => line.trim() !== '')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
