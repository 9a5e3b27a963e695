// Renderings per second of a four-placeholder template, on one core.
// Run: node scripts/node24.mjs packages/model/bench/expressions.ts
import { compileExpression, compileTemplate } from '../src/expressions/index.ts'

const SECONDS = 1.5
const scope = {
  record: {
    id: 'rec_1',
    name: 'Ada Lovelace',
    company: 'Analytical Engines',
    estimated_value: 1200,
    follow_up_count: 2,
  },
  now: '2026-01-31T10:00:00.000Z',
}

const cases: readonly (readonly [string, () => unknown])[] = [
  rendering(
    'Hello {{record.name}} of {{record.company}}: {{record.estimated_value}}, call {{record.follow_up_count}}.',
  ),
  rendering(
    "{{upper(record.name)}} {{record.follow_up_count + 1}} {{record.x ?? 'none'}} {{record.estimated_value > 1000 ? 'A' : 'B'}}",
  ),
  rendering('{{record.follow_up_count + 1}}'),
  rendering("{{date_add(now, 3, 'days')}}"),
  ['compile {{record.follow_up_count + 1}}', () => compileExpression('{{record.follow_up_count + 1}}')],
]

function rendering(source: string): readonly [string, () => unknown] {
  const template = compileTemplate(source)
  return [source, () => template.render(scope)]
}

/** Calls per second; a warm-up of a fifth of the time goes uncounted. */
function perSecond(work: () => unknown): number {
  for (const end = performance.now() + SECONDS * 200; performance.now() < end; ) work()
  let count = 0
  const start = performance.now()
  const end = start + SECONDS * 1000
  while (performance.now() < end) {
    for (let i = 0; i < 1000; i += 1) work()
    count += 1000
  }
  return (count / (performance.now() - start)) * 1000
}

for (const [name, work] of cases) {
  console.log(`${Math.round(perSecond(work)).toLocaleString('en-US').padStart(12)}/s  ${name}`)
}
