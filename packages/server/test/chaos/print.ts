import type { Violation } from './check.ts'
import type { PartReport } from './part.ts'
import type { ChaosReport } from './run.ts'

type Say = (line: string) => void

/** of each kind of violation */
const MOST_SHOWN = 10

function row(say: Say, label: string, value: string | number): void {
  say(`${label.padEnd(58)} ${String(value).padStart(14)}`)
}

/** The table at the end: what happened, what was found, and what that proves. */
export function printReport({ violations, figures, ...report }: ChaosReport, say: Say): void {
  const of = (...whats: string[]) => violations.filter(({ what }) => whats.includes(what)).length
  const listed = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')
  say('')
  for (const [what, n] of Object.entries(report.faults)) row(say, `fault: ${what}`, n)
  for (const [what, n] of Object.entries(report.network)) row(say, `fault: connection to a receiver, ${what}`, n)
  row(
    say,
    'failpoints fired',
    Object.values(report.failpoints).reduce((a, b) => a + b, 0),
  )
  say(`  ${listed(report.failpoints)}`)
  say(`answers to clients, 0 where none came: ${listed(report.answers)}`)
  row(say, 'runs', figures.runs)
  row(say, '  that did what they should', figures.succeeded)
  for (const [code, n] of Object.entries(figures.failed)) row(say, `  ended as failed, ${code}`, n)
  row(say, 'receipts outside', figures.receipts)
  row(say, 'attempts in the logs', figures.attempts)
  row(say, 'lost', of('lost'))
  row(say, 'doubled', of('doubled'))
  row(say, 'sends that arrived twice, explained by their attempts', figures.doubledExplained)
  row(say, 'sends that arrived and aren’t in a log', of('unlogged'))
  row(say, 'out of order, or too early', of('order', 'early'))
  row(say, 'ended runs that changed afterwards', `${of('changed')} of ${report.snapshots}`)
  row(say, 'left over 90 s after quiet', of('stuck'))
  row(say, 'effects taken over from another worker', figures.takeovers)
  row(say, '  after p50, p99', `${share(figures.takeoverMs, 0.5)}, ${share(figures.takeoverMs, 0.99)}`)
  row(say, 'quiet after the last fault', `${(report.quietMs / 1000).toFixed(1)} s`)
  for (const what of ['worker-kill', 'api-kill', 'lost-commit', 'freeze']) {
    const n = report.faults[what]
    if (n !== undefined && n > 3)
      row(say, `a loss per ${what}, at 95 %, is below 3/${n}`, `${((3 / n) * 100).toFixed(1)} %`)
  }
  row(say, 'seconds', Math.round(report.seconds))
}

function share(ascending: readonly number[], part: number): string {
  if (ascending.length === 0) return 'none'
  return `${(ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))]! / 1000).toFixed(1)} s`
}

export function printPart(report: PartReport, say: Say): void {
  if ('skipped' in report) return say(`skipped: ${report.skipped}`)
  for (const [label, value] of report.rows) row(say, label, value)
  row(say, '  violations', report.violations.length)
}

export function printViolations(violations: readonly Violation[], say: Say): void {
  const shown = new Map<string, number>()
  say('')
  for (const { what, detail } of violations) {
    shown.set(what, (shown.get(what) ?? 0) + 1)
    if (shown.get(what)! <= MOST_SHOWN) say(`${what}: ${detail}`)
  }
  say(`${violations.length} violations`)
}
