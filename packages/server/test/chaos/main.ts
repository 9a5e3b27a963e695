import { parseArgs } from 'node:util'
import type { Violation } from './check.ts'
import { diskFull } from './disk-full.ts'
import { KINDS, type Kind } from './faults.ts'
import { oldVersion } from './old-version.ts'
import { printPart, printReport, printViolations } from './print.ts'
import { runChaos } from './run.ts'
import { SIZES } from './sizes.ts'

// npm run chaos: kills, freezes and cuts off the product's processes while it works, and compares afterwards what the outside saw with what
// the database says. Exit code 1 when a promise was broken, or when it harmed nobody and so proved nothing.
//
//   npm run chaos                    the large run, some 25 minutes
//   npm run chaos -- --small         about a minute and a half
//   npm run chaos -- --only worker-kill,freeze --scale 0.1 --seed 7 --real-times
const PARTS = ['old-version', 'disk-full'] as const
const ALL: readonly string[] = [...KINDS, ...PARTS]

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string' },
    scale: { type: 'string', default: '1' },
    'real-times': { type: 'boolean', default: false },
  },
})
const asked = values.only?.split(',') ?? (values.small ? KINDS : ALL)
const unknown = asked.find((kind) => !ALL.includes(kind))
if (unknown !== undefined) {
  process.stderr.write(`There is no kind ${unknown}; the kinds are ${ALL.join(', ')}.\n`)
  process.exit(2)
}
const scale = Number(values.scale)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const say = (line: string) => void process.stdout.write(`${line}\n`)
const violations: Violation[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const kinds = KINDS.filter((kind) => asked.includes(kind))
if (kinds.length > 0) {
  const { faults, spreadMs, eventsPerSecond } = SIZES[values.small ? 'small' : 'large']
  const scaled = Object.fromEntries(KINDS.map((kind) => [kind, Math.ceil(faults[kind] * scale)]))
  const size = { faults: scaled as Record<Kind, number>, spreadMs: spreadMs * scale, eventsPerSecond }
  const report = await runChaos({ size, seed, kinds, realTimes: values['real-times'], say })
  printReport(report, say)
  violations.push(...report.violations)
}
for (const part of PARTS) {
  if (!asked.includes(part)) continue
  say(`\n${part}`)
  const report = await (part === 'old-version' ? oldVersion(seed, say) : diskFull(say))
  printPart(report, say)
  if ('violations' in report) violations.push(...report.violations)
}
printViolations(violations, say)
process.exit(violations.length === 0 ? 0 : 1)
