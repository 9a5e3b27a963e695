import { expect, test } from 'vitest'
import { problemLine, problemWords } from './problem-words.ts'

test.each([
  [
    { path: '/conditions/rules/0/field', message: 'field must be the name of a field', isEmpty: true },
    'Choose a field.',
  ],
  [
    { path: '/conditions/rules/1/value', message: 'equals needs a value', isEmpty: true, field: 'Stage' },
    'Enter a value for Stage.',
  ],
  [
    { path: '/config/url', message: 'url is empty', hint: 'such as https://example.com/hook', isEmpty: true },
    'Enter the URL.',
  ],
  [
    {
      path: '/config/to',
      message: 'there is no name "recrod", at column 3',
      hint: 'did you mean "record"?',
      isEmpty: false,
    },
    'There is no name "recrod", at column 3. Did you mean "record"?',
  ],
  [
    { path: '/config/data/score', message: 'Score: Score must be a number, not "abc"' },
    'Score must be a number, not "abc".',
  ],
  [
    { path: '/config/data/name', message: "Name is required and can't be emptied", isEmpty: true },
    "Name is required and can't be emptied.",
  ],
  [{ path: '/config/data/custom', message: 'Custom is required', isEmpty: true }, 'Custom is required.'],
] as const)('%j reads: %s', (problem, words) => {
  expect(problemLine(problem)).toBe(words)
})
test('a step that has no text yet says what to do, without a hint', () => {
  expect(
    problemWords({ path: '/actions/0/config', message: 'the e-mail has no content', hint: 'x', isEmpty: true }),
  ).toEqual({
    text: 'Choose an e-mail template, or write the e-mail here.',
  })
})
