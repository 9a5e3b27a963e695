import { objectFromTemplate, STANDARD_OBJECTS, type ObjectAnswer } from '@kantos/model'
import { expect, test } from 'vitest'
import { sampleRecord } from './sample-record.ts'

const object = (slug: string) =>
  objectFromTemplate(STANDARD_OBJECTS.find((one) => one.slug === slug)!) as unknown as ObjectAnswer

test('a sample has a name, an address, a status and a value, and nothing that nobody needs', () => {
  expect(sampleRecord(object('leads'))).toEqual({
    name: 'Sample lead',
    email: 'sample@example.com',
    status: 'new',
    estimated_value: 12_000,
  })
  expect(sampleRecord(object('deals'))).toEqual({ name: 'Sample deal', deal_value: 12_000, stage: 'Lead' })
  expect(sampleRecord(object('tasks'))).toEqual({ title: 'Sample task', status: 'open' })
})
