import { type ObjectAnswer, objectFromTemplate, STANDARD_OBJECTS } from '@kantos/model'
import { expect, test } from 'vitest'
import { actionWords, templateWords } from './words.ts'

const objects = STANDARD_OBJECTS.map((template) => objectFromTemplate(template)) as unknown as ObjectAnswer[]
const leads = objects.find(({ slug }) => slug === 'leads')

test.each([
  ['{{record.email}}', 'Email'],
  ['Welcome {{ record.name }}', 'Welcome ‹Name›'],
  ['{{previous.status}} → {{record.status}}', '‹previous Status› → ‹Status›'],
  ["{{date_add(record.created_at, 3, 'days')}}", "date_add(Created at, 3, 'days')"],
  ['{{record.owner.email}}', 'Owner › email'],
  ['was {{previous.owner.name}}', 'was ‹previous Owner › name›'],
  ['{{item.first_name}}', 'item’s first name'],
  ['ada@example.com', 'ada@example.com'],
])('%s reads: %s', (template, words) => {
  expect(templateWords(template, leads)).toBe(words)
})
test.each([
  [{ type: 'send_email', config: { subject: 'Hi', to: ['{{record.email}}', 'a@b.c'] } }, '“Hi” to Email, a@b.c'],
  [{ type: 'for_each', config: { items: '{{steps.others.records}}' } }, 'Of the records of “Find the others”'],
  [{ type: 'wait', config: { until: '' } }, 'Until …'],
  [
    { type: 'wait', config: { until: "{{date_add(record.created_at, -3, 'days')}}" } },
    'Until 3 days before Created at',
  ],
  [
    { type: 'wait', config: { event: 'record.updated', timeout: { duration: 2, unit: 'days' } } },
    'Until the record changes, at most 2 days',
  ],
  [{ type: 'wait', config: { duration: 1, unit: 'hours', business_hours: true } }, 'For 1 hour, in business hours'],
] as const)('%j reads: %s', (action, words) => {
  expect(
    actionWords({ key: 'k', ...action }, { objects, templates: [], stepName: () => 'Find the others' }, leads),
  ).toBe(words)
})
