import { parseArgs } from 'node:util'
import { type Kind, KINDS } from './faults.ts'
import { type ChaosReport, runChaos } from './run.ts'
import { SIZES } from './sizes.ts'

// npm run chaos: kills, freezes and cuts off the product's processes while it works, and compares afterwards what the outside saw with what
// the database says. Exit code 1 when a promise was broken, or when it harmed nobody and so proved nothing.
//
//   npm run chaos                    the large run, some 25 minutes
//   npm run chaos -- --small         about a minute and a half
//   npm run chaos -- --only worker-kill,freeze --scale 0.1 --seed 7 --real-times
const MOST_SHOWN = 10
const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string' },
    scale: { type: 'string', default: '1' },
    'real-times': { type: 'boolean', default: false },
  },
})
const only = values.only?.split(',')
const unknown = only?.find((kind) => !KINDS.some((known) => known === kind))
if (unknown !== undefined) {
  process.stderr.write(`There is no kind ${unknown}; the kinds are ${KINDS.join(', ')}.\n`)
  process.exit(2)
}
const scale = Number(values.scale)
const { faults, spreadMs, eventsPerSecond } = SIZES[values.small ? 'small' : 'large']
const size = {
  faults: Object.fromEntries(KINDS.map((kind) => [kind, Math.ceil(faults[kind] * scale)])) as Record<Kind, number>,
  spreadMs: spreadMs * scale,
  eventsPerSecond,
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const say = (line: string) => void process.stdout.write(`${line}\n`)
const report = await runChaos({
  size,
  seed,
  kinds: (only as Kind[] | undefined) ?? KINDS,
  realTimes: values['real-times'],
  say,
})
print(report)
process.exit(report.violations.length === 0 ? 0 : 1)

function print({ violations, figures, ...report }: ChaosReport): void {
  const row = (label: string, value: string | number) => say(`${label.padEnd(58)} ${String(value).padStart(14)}`)
  const of = (...whats: string[]) => violations.filter(({ what }) => whats.includes(what)).length
  const at = (share: number) => {
    const ms = figures.takeoverMs
    return ms.length === 0
      ? 'none'
      : `${(ms[Math.min(ms.length - 1, Math.floor(ms.length * share))]! / 1000).toFixed(1)} s`
  }
  say('')
  for (const [what, n] of Object.entries(report.faults)) row(`fault: ${what}`, n)
  for (const [what, n] of Object.entries(report.network)) row(`fault: connection to a receiver, ${what}`, n)
  row(
    'failpoints fired',
    Object.values(report.failpoints).reduce((a, b) => a + b, 0),
  )
  say(
    `  ${Object.entries(report.failpoints)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')}`,
  )
  row(
    'answers to clients',
    Object.entries(report.answers)
      .map(([status, n]) => `${status === '0' ? 'none' : status}: ${n}`)
      .join(', '),
  )
  row('runs', figures.runs)
  row('  that did what they should', figures.succeeded)
  for (const [code, n] of Object.entries(figures.failed)) row(`  ended as failed, ${code}`, n)
  row('receipts outside', figures.receipts)
  row('attempts in the logs', figures.attempts)
  row('lost', of('lost'))
  row('doubled', of('doubled'))
  row('sends that arrived twice, explained by their attempts', figures.doubledExplained)
  row('sends that arrived and aren’t in a log', of('unlogged'))
  row('out of order, or too early', of('order', 'early'))
  row('ended runs that changed afterwards', `${of('changed')} of ${report.snapshots}`)
  row('left over 90 s after quiet', of('stuck'))
  row('effects taken over from another worker', figures.takeovers)
  row('  after p50, p99', `${at(0.5)}, ${at(0.99)}`)
  row('quiet after the last fault', `${(report.quietMs / 1000).toFixed(1)} s`)
  for (const what of ['worker-kill', 'api-kill', 'lost-commit', 'freeze']) {
    const n = report.faults[what]
    if (n !== undefined) row(`a loss per ${what}, at 95 %, is below`, `${((3 / n) * 100).toFixed(1)} %`)
  }
  row('seconds', Math.round(report.seconds))
  say('')
  if (violations.length === 0) return say('0 violations')
  const shown = new Map<string, number>()
  for (const { what, detail } of violations) {
    shown.set(what, (shown.get(what) ?? 0) + 1)
    if (shown.get(what)! <= MOST_SHOWN) say(`${what}: ${detail}`)
  }
  say(`${violations.length} violations`)
}
