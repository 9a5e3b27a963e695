import { expect, test } from 'vitest'
import { causeWords } from './cause-words.ts'

test.each([
  ['#: the connection was refused (ECONNREFUSED)', 'The connection was refused (ECONNREFUSED).'],
  ['The date has passed already: #.', 'The date has passed already.'],
  ['There is nobody to send to: “#” is empty.', 'There is nobody to send to.'],
  ['There is nobody to send to: “…” is empty.', 'There is nobody to send to.'],
  ['The server answered 500.', 'The server answered 500.'],
  ['Record # is gone', 'Record … is gone.'],
  ['#', '…'],
])('%s reads %s', (cause, words) => expect(causeWords(cause)).toBe(words))
