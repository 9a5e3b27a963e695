// Rule evaluations and normalised records per second on one core: node packages/model/bench/conditions.ts
import { compileConditions } from '../src/conditions/index.ts'
import type { ConditionData, Group } from '../src/conditions/index.ts'
import type { FieldType } from '../src/field.ts'
import { objectFromTemplate, STANDARD_OBJECTS } from '../src/object.ts'
import { normalizeValues } from '../src/record.ts'

function perSecond(label: string, perRound: number, round: () => void): void {
  for (let i = 0; i < 20_000; i++) round()
  const started = performance.now()
  let rounds = 0
  while (performance.now() - started < 1500) {
    for (let i = 0; i < 1000; i++) round()
    rounds += 1000
  }
  const rate = (rounds * perRound) / ((performance.now() - started) / 1000)
  console.log(`${label}: ${Math.round(rate).toLocaleString('en')}/s`)
}

const leads = objectFromTemplate(STANDARD_OBJECTS[0]!)
const types = new Map<string, FieldType>(leads.fields.map((field) => [field.slug, field.type]))
const record = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  phone: '+44 20 7946 0958',
  company: 'Analytical Engines',
  status: 'new',
  source: 'website',
  estimated_value: 12_500,
  score: 42,
  follow_up_count: 0,
  last_contacted_at: '2026-03-01T09:30:00.000Z',
  notes: 'Asked about the analytical engine.',
} as Record<string, unknown>
const data: ConditionData = {
  type: 'record.updated',
  current: (path) => record[path],
  previous: (slug) => (slug === 'status' ? 'contacted' : record[slug]),
  scope: { record },
}

const constant: Group = {
  match: 'all',
  rules: [
    { field: 'status', operator: 'equals', value: 'new' },
    { field: 'email', operator: 'ends_with', value: '@EXAMPLE.com' },
    { field: 'estimated_value', operator: 'greater_than', value: '10000' },
    { field: 'source', operator: 'in', value: ['website', 'web', 'api'] },
    {
      match: 'any',
      rules: [
        { field: 'status', operator: 'changed_to', value: 'qualified' },
        { field: 'last_contacted_at', operator: 'less_than', value: '2026-01-01' },
        { field: 'score', operator: 'between', value: [40, 50] },
        { field: 'owner', operator: 'is_not_empty' },
      ],
    },
  ],
}
const templated: Group = {
  match: 'all',
  rules: [
    { field: 'score', operator: 'greater_than', value: '{{ record.follow_up_count + 10 }}' },
    { field: 'company', operator: 'not_equals', value: '{{record.name}}' },
  ],
}
const typeOf = (path: string): FieldType | 'any' => types.get(path) ?? 'any'
const constants = compileConditions(constant, typeOf)
const templates = compileConditions(templated, typeOf)

let passed = 0
perSecond('rules with constant values', 8, () => {
  if (constants.evaluate(data).passed) passed++
})
perSecond('rules with templates', 2, () => {
  if (templates.evaluate(data).passed) passed++
})
perSecond('records normalised (11 fields)', 1, () => {
  passed += normalizeValues(leads, record, 'create').errors.length
})
perSecond('records normalised (3 fields)', 1, () => {
  passed += normalizeValues(leads, { name: 'Ada', email: 'ada@example.com', score: 5 }, 'create').errors.length
})
if (passed === 0) throw new Error('nothing passed')
