import { expect, test } from 'vitest'
import { actionWords, detailsOf } from './audit-words.ts'

test.each([
  ['api_key.created', 'API key created'],
  ['email_template.updated', 'E-mail template updated'],
  ['automation.mode_changed', 'Automation mode changed'],
])('%s is %s', (action, words) => {
  expect(actionWords(action)).toBe(words)
})

test('details are named in words, without what the row says already', () => {
  const details = {
    name: 'Greet',
    version: 3,
    webhook_secret: null,
    changed: ['subject', 'html'],
    kept: false,
    a: { b: 1 },
  }
  expect(detailsOf({ details, target_name: 'Greet' })).toEqual([
    ['Version', '3'],
    ['Webhook secret', '–'],
    ['Changed', 'subject, html'],
    ['Kept', 'no'],
    ['A', '{"b":1}'],
  ])
})

test('an entry without details has none', () => {
  expect(detailsOf({ details: null, target_name: null })).toEqual([])
  expect(detailsOf({ details: 'x', target_name: null })).toEqual([])
})
