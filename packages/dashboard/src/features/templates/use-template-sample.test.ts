import { objectFromTemplate, type ObjectAnswer, STANDARD_OBJECTS } from '@kantos/model'
import { expect, test } from 'vitest'
import { objectOf } from './use-template-sample.ts'

const objects = STANDARD_OBJECTS.map((template) => objectFromTemplate(template)) as unknown as ObjectAnswer[]

test('a template is tried with a record of the object whose fields it names', () => {
  expect(objectOf('{{record.name}} moved to {{record.stage}}', objects)).toBe('deals')
  expect(objectOf('{{record.email}} {{record.score}}', objects)).toBe('leads')
})
test('one that names no field is tried with a record of the first object', () => {
  expect(objectOf('Hello', objects)).toBe(objects[0]!.slug)
  expect(objectOf('Hello', [])).toBeNull()
})
