let lastMs = Number.NaN
let lastText = ''

/** An instant as ISO text; the same millisecond, which a batch asks for again and again, is written once. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString()
    lastMs = ms
  }
  return lastText
}
