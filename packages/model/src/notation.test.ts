import { describe, expect, test } from 'vitest'
import { clip, daysInMonth, isEmpty, parseBoolean, parseMoment, parseNumber } from './notation.ts'

describe('numbers', () => {
  test.each([
    ['5', 5],
    [' 5 ', 5],
    ['-1.5', -1.5],
    ['+.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E-2', 0.01],
  ])('%j writes a number', (text, number) => {
    expect(parseNumber(text)).toBe(number)
  })

  test.each(['', ' ', '5 apples', '1,000', '0x10', '1e999', 'NaN', 'Infinity', '--1', '1e', '.', '１'])(
    '%j is no number',
    (text) => {
      expect(parseNumber(text)).toBeUndefined()
    },
  )
})

test('true and false are booleans in any case, and nothing else is', () => {
  expect(['true', 'TRUE', ' False ', 'false'].map(parseBoolean)).toEqual([true, true, false, false])
  expect(['yes', '1', '0', '', 'truee'].map(parseBoolean)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

describe('moments', () => {
  test.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z', true],
    ['2026-03-01T09:30', '2026-03-01T09:30:00.000Z', false],
    ['2026-03-01 09:30:15', '2026-03-01T09:30:15.000Z', false],
    ['2026-03-01T09:30:15.1239Z', '2026-03-01T09:30:15.123Z', false],
    ['2026-03-01T09:30:15.123Z', '2026-03-01T09:30:15.123Z', false],
    ['2026-03-01T00:30:00+01:00', '2026-02-28T23:30:00.000Z', false],
    ['2026-03-01T00:30:00-0530', '2026-03-01T06:00:00.000Z', false],
    ['2026-03-01T00:30:00+02', '2026-02-28T22:30:00.000Z', false],
    ['2024-02-29', '2024-02-29T00:00:00.000Z', true],
    ['2000-02-29', '2000-02-29T00:00:00.000Z', true],
    ['0001-01-01', '0001-01-01T00:00:00.000Z', true],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z', false],
    [' 2026-03-01 ', '2026-03-01T00:00:00.000Z', true],
  ])('%s is %s', (text, iso, day) => {
    const moment = parseMoment(text)!
    expect(new Date(moment.ms).toISOString()).toBe(iso)
    expect(moment.day).toBe(day)
  })

  test.each([
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-4-1',
    '01.03.2026',
    '2026-03-01T24:00:00Z',
    '2026-03-01T23:60:00.000Z',
    '2026-03-01T23:59:60.000Z',
    '2026-03-01T23:59:5a.000Z',
    '2026-03-01T10:00+25:00',
    '2026-03-01TZ',
    '0000-01-01',
    '0001-01-01T00:30:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '20260301',
    '2026-03-01T09',
    'tomorrow',
    '1772357400000',
    '',
  ])('%j is no moment', (text) => {
    expect(parseMoment(text)).toBeUndefined()
  })

  test('every day of four centuries is the day that Date says', () => {
    for (let day = -135_140; day < 11_017; day++) {
      const iso = new Date(day * 86_400_000).toISOString()
      expect(parseMoment(iso.slice(0, 10))!.ms === day * 86_400_000).toBe(true)
    }
  })
})

test('months have their days', () => {
  expect([1, 2, 4, 12].map((month) => daysInMonth(2026, month))).toEqual([31, 28, 30, 31])
  expect([daysInMonth(2024, 2), daysInMonth(2100, 2), daysInMonth(2000, 2)]).toEqual([29, 28, 29])
})

test('null, nothing, empty text and an empty list are empty; 0 and false are values', () => {
  expect([null, undefined, '', []].every(isEmpty)).toBe(true)
  expect([0, false, ' ', [null], {}, Number.NaN].some(isEmpty)).toBe(false)
})

test('a megabyte of digits is told apart at once', () => {
  expect(parseNumber(`${'1'.repeat(1_048_576)}x`)).toBeUndefined()
  expect(parseNumber('1'.repeat(300))).toBe(Number('1'.repeat(300)))
})

test('a clipped text can be stored: no half of a surrogate pair, no NUL', () => {
  expect(clip('ab😀cd', 3)).toBe('ab\ufffd…')
  expect(clip('a\0b', 10)).toBe('a\ufffdb')
  expect(clip('abc', 3)).toBe('abc')
})
