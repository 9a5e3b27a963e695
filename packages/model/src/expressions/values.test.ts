import { describe, expect, test } from 'vitest'
import { looseEquals, toText } from './index.ts'

describe('how a value reads in mixed text', () => {
  test.each<[unknown, string]>([
    ['a', 'a'],
    [0, '0'],
    [-0, '0'],
    [1.1 * 3, '3.3'],
    [9_007_199_254_740_991, '9007199254740991'],
    [Number.NaN, ''],
    [Number.POSITIVE_INFINITY, ''],
    [true, 'true'],
    [false, 'false'],
    [null, ''],
    [undefined, ''],
    [['a', 1, null, ['b', true]], 'a, 1, b, true'],
    [[], ''],
    [{ a: [1] }, '{"a":[1]}'],
    [[{ a: 1 }, { a: 2 }], '{"a":1}, {"a":2}'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [() => 1, ''],
    [Symbol('x'), ''],
    [new Map(), ''],
    [12n, '12'],
  ])('%o reads %j', (value, expected) => {
    expect(toText(value)).toBe(expected)
  })
})

describe('what counts as equal', () => {
  test.each<[unknown, unknown, boolean]>([
    ['5', 5, true],
    [' 5.0 ', 5, true],
    ['5', '5.0', false],
    ['five', 5, false],
    ['', 0, false],
    [null, undefined, true],
    [null, '', true],
    [null, [], true],
    [null, 0, false],
    [null, false, false],
    ['a', 'A', false],
    [true, 'true', true],
    [true, 1, false],
    [false, '', false],
    ['2026-01-31T10:00:00Z', '2026-01-31T12:00:00.000+02:00', true],
    ['2026-01-31', '2026-01-31T23:59:59Z', true],
    ['2026-01-31', '2026-02-01T00:30:00+01:00', true],
    ['2026-01-31', '2026-02-01', false],
    ['2026-02-30', '2026-02-30T00:00:00Z', false],
    [['a', 'b'], ['b', 'a'], true],
    [['1'], [1], true],
    [['a'], ['a', 'b'], false],
    [['a'], 'a', false],
    [{ a: 1, b: [2] }, { b: ['2'], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1 }, { toString: 1 }, false],
    [{}, {}, true],
    [{}, null, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(looseEquals(a, b)).toBe(expected)
    expect(looseEquals(b, a)).toBe(expected)
  })
})
