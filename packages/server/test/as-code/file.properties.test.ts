import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFile, printFile, type SourceFile } from '../../src/as-code/file.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed()),
  fc.string({
    unit: fc.constantFrom('a', ' ', '\n', '\t', ':', '#', '-', '{', "'", '"', '|', '\r', '\\'),
    maxLength: 20,
  }),
)
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0 || 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('key', 'slug', 'name', 'a b', 'x', '1'), tie('value'), { noNullPrototype: true }),
  ),
})).value
const content = fc.dictionary(fc.constantFrom('key', 'name', 'config', 'actions', 'x: y'), value, {
  noNullPrototype: true,
})
const read = (source: string) => parseFile('automation', 'a.yaml', source) as SourceFile

test('texts that a block would change are written otherwise', () => {
  for (const one of [
    ' \n',
    '\n',
    '\n\n',
    'a\n \nb',
    'a\n\t',
    '\ta\nb',
    'a\r\nb',
    'a\n\n',
    '# a\nb',
    'a \nb',
    'a\u0085\nb',
  ])
    expect(read(printFile({ key: { key: one } }, null, '')).content).toEqual({ key: { key: one } })
})

test('a content that was written is read as it was', () => {
  fc.assert(
    fc.property(content, (one) => {
      expect(read(printFile(one, null, 'https://example.org/s.json')).content).toEqual(one)
    }),
  )
})

test('a file brought to another content holds that one, whatever it held; brought to its own it stays', () => {
  fc.assert(
    fc.property(content, content, (one, two) => {
      const first = printFile(one, null, 'https://example.org/s.json')
      expect(printFile(one, read(first), '')).toBe(first)
      expect(read(printFile(two, read(first), '')).content).toEqual(two)
    }),
  )
})
