import { objectFromTemplate, type ObjectAnswer, STANDARD_OBJECTS } from '@kantos/model'
import { expect, test } from 'vitest'
import { triggerWords } from './trigger-words.ts'

type Trigger = Parameters<typeof triggerWords>[0]
const objects = STANDARD_OBJECTS.map((template) => objectFromTemplate(template)) as unknown as ObjectAnswer[]
const words = (trigger: object) => triggerWords(trigger as Trigger, objects)

test.each([
  [{ event: 'record.created', object: 'leads' }, 'When a lead is created'],
  [{ event: 'record.created', object: 'obj_def_companies' }, 'When a company is created'],
  [{ event: 'record.updated', object: 'obj_deals' }, 'When a deal changes'],
  [{ event: 'record.deleted', object: 'contacts' }, 'When a contact is deleted'],
  [{ event: 'manual', object: 'tasks' }, 'When started by hand on a task'],
  [{ event: 'webhook.received' }, 'When its own URL is called'],
])('%j reads as %j', (trigger, sentence) => {
  expect(words(trigger)).toBe(sentence)
})

test.each([
  [{}, 'When Stage of a deal changes'],
  [{ to: 'Won' }, 'When Stage of a deal changes to “Won”'],
  [{ from: 'Lead', to: ['Won', 'Lost'] }, 'When Stage of a deal changes from “Lead” to “Won” or “Lost”'],
  [{ to: null }, 'When Stage of a deal changes to empty'],
])('a change of the stage with %j reads as %j', (change, sentence) => {
  expect(words({ event: 'field.changed', object: 'deals', field: 'stage', ...change })).toBe(sentence)
})

test('what is gone is named as the trigger names it', () => {
  expect(words({ event: 'field.changed', object: 'deals', field: 'gone', to: 5 })).toBe(
    'When gone of a deal changes to 5',
  )
  expect(words({ event: 'record.created', object: 'invoices' })).toBe('When an invoice is created')
})

test.each([
  [{ cron: '0 9 * * *' }, 'Every day at 09:00'],
  [{ cron: '0 8 * * 1', timezone: 'UTC' }, 'At 08:00 on Monday'],
  [{ cron: '0 9 * * *', timezone: 'Europe/Berlin' }, 'Every day at 09:00 (Europe/Berlin)'],
  [{ cron: '0 9 * * *', object: 'leads' }, 'Every day at 09:00, for each matching lead'],
  [{ cron: 'whenever' }, 'On the schedule whenever'],
])('the schedule %j reads as %j', (schedule, sentence) => {
  expect(words({ event: 'schedule', ...schedule })).toBe(sentence)
})
