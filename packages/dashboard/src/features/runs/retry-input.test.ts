import { expect, test } from 'vitest'
import { changedParts, editableInput, readObject, textOf, valueOf } from './retry-input.ts'

test('only what was changed is sent', () => {
  const before = { to: 'ada@', cc: [], body: { n: 1 } }
  expect(changedParts(before, { to: 'ada@example.org', cc: [], body: { n: 1 } })).toEqual({ to: 'ada@example.org' })
  expect(changedParts(before, { cc: [] })).toEqual({})
  expect(changedParts(null, { to: 'x' })).toEqual({ to: 'x' })
})

test('a cut input isn’t offered for editing', () => {
  expect(editableInput({ truncated: true, size: 9, preview: '{' })).toBeNull()
  expect(editableInput('text')).toBeNull()
  expect(editableInput({ to: 'a' })).toEqual({ to: 'a' })
})

test('a value keeps its kind while it is edited', () => {
  expect(textOf('5')).toBe('5')
  expect(valueOf('5', 'text')).toBe('5')
  expect(valueOf('5', 4)).toBe(5)
  expect(valueOf('{', {})).toBeUndefined()
  expect(textOf(['a@b.c', 'd@e.f'])).toBe('a@b.c\nd@e.f')
  expect(valueOf('a@b.c\n', ['Kate'])).toEqual(['a@b.c'])
  expect(valueOf('', [])).toEqual([])
  expect(readObject('[1]')).toBeNull()
  expect(readObject('{"a":1}')).toEqual({ a: 1 })
})
