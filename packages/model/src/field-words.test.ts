import { expect, test } from 'vitest'
import { fieldPathWords } from './field-words.ts'

const names = new Map([['close_date', 'Close date']])

test.each([
  ['close_date', 'Close date'],
  ['previous.close_date', 'previous Close date'],
  ['close_date.year', 'Close date › year'],
  ['created_at', 'Created at'],
  ['webhook.body.email', 'webhook.body.email'],
  ['gone', 'gone'],
  ['', ''],
])('%j is called %j', (path, words) => {
  expect(fieldPathWords(path, (slug) => names.get(slug))).toBe(words)
})
