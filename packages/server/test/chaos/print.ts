import type { Violation } from './check.ts'
import type { PartReport } from './part.ts'
import type { ChaosReport } from './run.ts'

type Say = (line: string) => void

/** so many of the slowest takeovers are named */
const SLOWEST = 5
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
  for (const [code, n] of Object.entries(figures.ended)) row(say, `  of these ended by ${code}`, n)
  for (const [code, n] of Object.entries(figures.failed)) row(say, `  ended as failed, ${code}`, n)
  row(say, 'receipts outside', figures.receipts)
  row(say, 'attempts in the logs', figures.attempts)
  row(say, 'lost', of('lost'))
  row(say, 'doubled', of('doubled'))
  row(say, 'sends that arrived twice, explained by their attempts', figures.doubledExplained)
  row(say, 'sends that arrived and aren’t in a log', of('unlogged'))
  row(say, 'out of order, or too early', of('order', 'early'))
  row(say, 'ended runs that changed afterwards', `${of('changed')} of ${report.snapshots}`)
  row(say, 'left over, or running without an owner a minute after', of('stuck'))
  row(say, 'effects taken over from another worker', figures.takeovers.length)
  printTakeovers('after', figures.takeovers, say)
  for (const [befell, some] of Map.groupBy(figures.takeovers, ({ fault }) => fault?.kind ?? 'nothing that is known'))
    printTakeovers(`  ${befell} had befallen it: ${some.length}, after`, some, say)
  for (const { run, step, ms, fault } of figures.takeovers.slice(-SLOWEST).toReversed())
    say(
      `    ${(ms / 1000).toFixed(1)} s: ${step} of ${run}, ${fault === null ? 'no known fault' : `${fault.kind}, ${fault.what}`}`,
    )
  row(say, 'quiet after the last fault', `${(report.quietMs / 1000).toFixed(1)} s`)
  for (const what of ['worker-kill', 'api-kill', 'lost-commit', 'freeze']) {
    const n = report.faults[what]
    if (n !== undefined && n > 3)
      row(say, `a loss per ${what}, at 95 %, is below 3/${n}`, `${((3 / n) * 100).toFixed(1)} %`)
  }
  row(say, 'seconds', Math.round(report.seconds))
}

function printTakeovers(label: string, ascending: ChaosReport['figures']['takeovers'], say: Say): void {
  const share = (part: number) =>
    `${((ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))]?.ms ?? 0) / 1000).toFixed(1)} s`
  row(say, `  ${label} p50, p99`, `${share(0.5)}, ${share(0.99)}`)
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
