import { expect, test } from 'vitest'
import { begin, change, redo, settle, undo } from './history.ts'

test('changes are undone one by one and come back in order', () => {
  const three = change(change(begin(1), 2, null), 3, null)
  expect(undo(three).present).toBe(2)
  expect(undo(undo(three)).present).toBe(1)
  expect(redo(redo(undo(undo(three)))).present).toBe(3)
})
test('typing in one place is one step', () => {
  const typed = change(change(change(begin(''), 'a', 'name'), 'ab', 'name'), 'abc', 'name')
  expect(undo(typed).present).toBe('')
  expect(redo(undo(typed)).present).toBe('abc')
})
test('after leaving the place, typing there again is a step of its own', () => {
  const typed = change(settle(change(begin(''), 'a', 'name')), 'ab', 'name')
  expect(undo(typed).present).toBe('a')
})
test('a change after an undo forgets what was undone', () => {
  const forked = change(undo(change(begin(1), 2, null)), 9, null)
  expect(redo(forked)).toBe(forked)
  expect(undo(forked).present).toBe(1)
})
test('with nothing to undo or redo the history stays the same', () => {
  const one = begin(1)
  expect(undo(one)).toBe(one)
  expect(redo(one)).toBe(one)
  expect(change(one, 1, null)).toBe(one)
})
