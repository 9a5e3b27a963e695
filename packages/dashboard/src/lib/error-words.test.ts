import { ApiError } from '@kantos/model'
import { expect, test } from 'vitest'
import { belowTitle, errorWords, fieldErrors } from './error-words.ts'

const refused = new ApiError('VALIDATION_ERROR', 'Something is wrong', {
  errors: [
    { path: '/field_values/email', message: 'not an e-mail address', hint: 'write ada@example.com' },
    { path: '/field_values/email', message: 'it is taken' },
    { path: '/name', message: 'A name is needed.' },
  ],
})

test('problems are sentences, whatever the checks say', () => {
  const { message, problems } = errorWords(refused)
  expect(message).toBe('Something is wrong.')
  expect(problems.map((problem) => problem.message)).toEqual([
    'Not an e-mail address.',
    'It is taken.',
    'A name is needed.',
  ])
})
test('each input has its problems with what to do about them', () => {
  expect(fieldErrors(refused)).toEqual({
    email: 'Not an e-mail address. Write ada@example.com. It is taken.',
    name: 'A name is needed.',
  })
})
test('whatever else was thrown is said as it is', () => {
  expect(errorWords(new Error('it broke'))).toMatchObject({ message: 'It broke.', problems: [] })
  expect(errorWords(null).message).toBe('Something unexpected happened.')
})

test('what the title says isn’t said again below it', () => {
  const away = errorWords(
    new ApiError('UNAVAILABLE', 'The server can’t be reached. Check the connection and try again.'),
  )
  expect(belowTitle(away)).toBe('Check the connection and try again.')
  expect(belowTitle(errorWords(refused))).toBe('Something is wrong.')
})
