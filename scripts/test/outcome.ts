/** What a part of `npm test` gave. */
export interface Outcome {
  name: string
  passed: number
  failed: number
  skipped: number
  /** in words, one for each that failed */
  failures: string[]
  ms: number
}

/** The summary's lines; the last one is what CI reads. */
export function summarize(outcomes: readonly Outcome[], notes: readonly string[]): string[] {
  const width = Math.max(...outcomes.map(({ name }) => name.length))
  const lines = outcomes.map(({ name, passed, failed, skipped, ms }) => {
    const counts = [`${passed} passed`, failed > 0 ? `${failed} failed` : '', skipped > 0 ? `${skipped} skipped` : '']
    const mark = failed > 0 ? '✗' : '✓'
    return `${mark} ${name.padEnd(width)}  ${counts.filter((count) => count !== '').join(', ')} (${seconds(ms)})`
  })
  const failures = outcomes.flatMap((outcome) => outcome.failures.map((failure) => `  ✗ ${outcome.name}: ${failure}`))
  const total = (pick: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + pick(outcome), 0)
  const last = `${total((outcome) => outcome.passed)} passed, ${total((outcome) => outcome.failed)} failed`
  return ['', ...lines, ...(failures.length > 0 ? ['', ...failures] : []), ...notes, '', last]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
