import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines, withContext } from './diff-lines.ts'

const SIGNS = { same: ' ', removed: '-', added: '+' } as const
const said = (before: string, after: string) =>
  diffLines([...before], [...after]).map(({ kind, text }) => SIGNS[kind] + text)

test('what stayed is told apart from what was removed and added', () => {
  expect(said('', '')).toEqual([])
  expect(said('abc', 'abc')).toEqual([' a', ' b', ' c'])
  expect(said('abc', 'axc')).toEqual([' a', '-b', '+x', ' c'])
  expect(said('ac', 'abc')).toEqual([' a', '+b', ' c'])
  expect(said('abcd', 'bd')).toEqual(['-a', ' b', '-c', ' d'])
})

test('without what was added it is the text before, and without what was removed the text after', () => {
  const text = fc.array(fc.constantFrom('{', '}', 'a', 'b', 'c'), { maxLength: 30 })
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after)
      const without = (left: string) => lines.filter(({ kind }) => kind !== left).map((line) => line.text)
      expect(without('added')).toEqual(before)
      expect(without('removed')).toEqual(after)
    }),
  )
})

test('very many changed lines are told as replaced, at once', () => {
  const many = (name: string) => Array.from({ length: 5000 }, (_, at) => `${name} ${at}`)
  const lines = diffLines(['a', ...many('old'), 'z'], ['a', ...many('new'), 'z'])
  expect(lines).toHaveLength(10_002)
  expect(lines.filter(({ kind }) => kind === 'same').map(({ text }) => text)).toEqual(['a', 'z'])
})

test('far from a change lines are left out, and counted', () => {
  const shown = withContext(diffLines([...'abcdefghij'], [...'abcdeXghij']), 1)
  expect(shown).toEqual([
    { kind: 'left-out', count: 4 },
    { kind: 'same', text: 'e' },
    { kind: 'removed', text: 'f' },
    { kind: 'added', text: 'X' },
    { kind: 'same', text: 'g' },
    { kind: 'left-out', count: 3 },
  ])
  expect(withContext(diffLines(['a'], ['a']), 3)).toEqual([{ kind: 'left-out', count: 1 }])
})
