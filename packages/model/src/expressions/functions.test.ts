import { describe, expect, test } from 'vitest'
import { compileExpression, FUNCTIONS, type Scope } from './index.ts'

const SCOPE: Scope = {
  now: '2026-01-31T10:20:30.456Z',
  today: '2026-01-31',
  record: { name: 'ada LOVELACE', tags: ['vip', 'Math'], none: null, object: { a: 1 }, amounts: [3, null, '4.5', 1] },
}

const evaluate = (source: string, timezone?: string): unknown => {
  return compileExpression(source).evaluate(SCOPE, timezone === undefined ? {} : { timezone }).value
}

const cases = (rows: readonly (readonly [string, unknown])[]): void => {
  test.each(rows)('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })
}

describe('dates', () => {
  cases([
    ["date_add(now, 3, 'days')", '2026-02-03T10:20:30.456Z'],
    ["date_add(today, 3, 'days')", '2026-02-03'],
    ["date_add(today, 1, 'month')", '2026-02-28'],
    ["date_add('2024-01-31', 1, 'months')", '2024-02-29'],
    ["date_add('2024-02-29', 1, 'year')", '2025-02-28'],
    ["date_add('2024-02-29', -1, 'years')", '2023-02-28'],
    ["date_add('2026-03-31', -1, 'month')", '2026-02-28'],
    ["date_add('2026-01-15', -13, 'months')", '2024-12-15'],
    ["date_add(today, 1, 'quarter')", '2026-04-30'],
    ["date_add(now, 90, 'minutes')", '2026-01-31T11:50:30.456Z'],
    ["date_add(now, -1, 'second')", '2026-01-31T10:20:29.456Z'],
    ["date_add(now, 1.5, 'hours')", '2026-01-31T11:50:30.456Z'],
    ["date_add(now, 2, 'weeks')", '2026-02-14T10:20:30.456Z'],
    ["date_add(today, 5, 'hours')", '2026-01-31'],
    ["date_add(today, 25, 'hours')", '2026-02-01'],
    ["date_add(now, '3', 'DAYS')", '2026-02-03T10:20:30.456Z'],
    ["date_add('2026-01-31T10:00', 0, 'days')", '2026-01-31T10:00:00.000Z'],
    ["date_add('2026-01-31 10:00:00+02:00', 0, 'days')", '2026-01-31T08:00:00.000Z'],
    ["date_add('2026-01-31T10:00:00.123456Z', 0, 'days')", '2026-01-31T10:00:00.123Z'],
    ["date_add('0050-01-01', 1, 'day')", '0050-01-02'],
    ["date_add('9999-12-31', 1, 'day')", null],
    ["date_add(now, 1e300, 'years')", null],
    ["date_add('', 1, 'day')", null],
    ["date_add(record.none, 1, 'day')", null],
    ["date_add(now, record.none, 'day')", null],
    ["date_add(record.name, 1, 'day')", null],
    ['date_add(now, 1, record.name)', null],
    ["date_diff('2026-01-01', '2026-03-01')", 59],
    ["date_diff('2026-03-01', '2026-01-01')", -59],
    ['date_diff(today, now)', 0],
    ["date_diff(now, '2026-02-01', 'hours')", 13],
    ["date_diff('2026-02-01', now, 'hours')", -13],
    ["date_diff('2026-01-31', '2026-02-28', 'months')", 1],
    ["date_diff('2026-01-31', '2026-02-27', 'months')", 0],
    ["date_diff('2026-02-28', '2026-01-31', 'months')", 0],
    ["date_diff('2026-03-31', '2026-02-28', 'months')", -1],
    ["date_diff('2000-02-29', '2026-02-28', 'years')", 26],
    ["date_diff('2000-03-01', '2026-02-28', 'years')", 25],
    ["date_diff('2026-01-01', '2026-01-15', 'weeks')", 2],
    ['date_diff(record.none, now)', null],
    ["date_format(now, 'yyyy-MM-dd')", '2026-01-31'],
    ["date_format(now, 'd MMM yy, h:mm a')", '31 Jan 26, 10:20 AM'],
    ["date_format(now, 'EEEE d MMMM yyyy')", 'Saturday 31 January 2026'],
    ["date_format(now, 'HH:mm:ss.SSS XXX', 'Europe/Vienna')", '11:20:30.456 +01:00'],
    ["date_format('2026-07-01T22:30:00Z', 'yyyy-MM-dd HH:mm xx', 'Europe/Vienna')", '2026-07-02 00:30 +0200'],
    ["date_format(now, 'HH:mm XXX VV', 'America/St_Johns')", '06:50 -03:30 America/St_Johns'],
    ["date_format(now, 'XXX', 'UTC')", 'Z'],
    ["date_format('2026-01-31', 'yyyy-MM-dd HH:mm', 'America/New_York')", '2026-01-31 00:00'],
    [`date_format(now, "yyyy'year' 'o''clock' ''")`, "2026year o'clock '"],
    ["date_format(now, 'QQQ yyyy')", 'Q1 2026'],
    ["date_format('2026-01-01T00:05:00Z', 'h a')", '12 AM'],
    ['date_format(now, record.name)', null],
    ["date_format(now, 'yyyy', record.name)", null],
    ["date_format(record.none, 'yyyy')", null],
  ])

  test('date_format takes the zone of the rendering when it is given none', () => {
    expect(evaluate("date_format(now, 'HH:mm')", 'Asia/Tokyo')).toBe('19:20')
    expect(evaluate("date_format(now, 'HH:mm', 'UTC')", 'Asia/Tokyo')).toBe('10:20')
    expect(evaluate("date_format(today, 'dd HH:mm')", 'Asia/Tokyo')).toBe('31 00:00')
  })
})

describe('text', () => {
  cases([
    ['upper(record.name)', 'ADA LOVELACE'],
    ['lower(record.name)', 'ada lovelace'],
    ['capitalize(record.name)', 'Ada LOVELACE'],
    ["capitalize('')", ''],
    ["capitalize('élan')", 'Élan'],
    ["trim('  a b\t')", 'a b'],
    ['upper(record.none)', null],
    ['upper(5)', '5'],
    ['upper(record.tags)', null],
    ["replace('a.b.c', '.', '')", 'abc'],
    ["replace('aaa', 'a', '$&$1')", '$&$1$&$1$&$1'],
    ["replace('abc', '', 'x')", 'abc'],
    ["replace('a', 'a', null)", ''],
    ["split('a, b,c', ',')", ['a', ' b', 'c']],
    ["split('a😀', '')", ['a', '😀']],
    ["split('', ',')", []],
    ["split('a.b', '.')[1]", 'b'],
    ['join(record.tags)', 'vip, Math'],
    ["join(record.tags, '; ')", 'vip; Math'],
    ["join([1, null, true, ''], '-')", '1-true'],
    ["join('alone', '-')", 'alone'],
    ['join(record.none)', null],
    ["substring('Kantos', 1, 3)", 'an'],
    ["substring('Kantos', 3)", 'tos'],
    ["substring('Kantos', -2)", 'os'],
    ["substring('😀😀a', 0, 1)", '😀'],
    ["substring('abc', 9)", ''],
    ["length('a😀')", 2],
    ['length(record.tags)', 2],
    ['length(record.none)', 0],
    ['length(12345)', 5],
    ["contains('Kantos', 'ANT')", true],
    ["contains('Kantos', 'x')", false],
    ["contains(record.tags, 'vip')", true],
    ["contains(record.tags, 'math')", false],
    ["contains(record.tags, ['Math', 'vip'])", true],
    ["contains(record.tags, ['Math', 'no'])", false],
    ["contains([1, 2], '2')", true],
    ["contains(record.none, 'a')", false],
    ["contains('abc', '')", false],
    ['text(5)', '5'],
    ['text(record.none)', ''],
    ['text(record.tags)', 'vip, Math'],
    ['json(record.object)', '{"a":1}'],
    ['json("a\\"b")', '"a\\"b"'],
    ['json(record.none)', 'null'],
  ])
})

describe('numbers and lists', () => {
  cases([
    ["number('12.50')", 12.5],
    ["number(' 7 ')", 7],
    ["number('1e3')", 1000],
    ["number('1,000')", null],
    ["number('0x10')", null],
    ["number('')", null],
    ['number(true)', 1],
    ['number(record.none)', null],
    ['round(2.5)', 3],
    ['round(-2.5)', -3],
    ['round(1.005, 2)', 1.01],
    ['round(-1.005, 2)', -1.01],
    ['round(1234.5, -2)', 1200],
    ['round(1e-7, 3)', 0],
    ['round(1e21)', 1e21],
    ["round('2.345', 2)", 2.35],
    ['round(-0.2)', 0],
    ['floor(-2.5)', -3],
    ['ceil(-2.5)', -2],
    ['ceil(-0.5)', 0],
    ['abs(-3)', 3],
    ['abs(record.none)', null],
    ['min(record.amounts)', 1],
    ['max(record.amounts)', 4.5],
    ['sum(record.amounts)', 8.5],
    ['min(3, 1, 2)', 1],
    ['max([])', null],
    ['sum([])', 0],
    ['sum(record.none)', 0],
    ['sum(1, record.none, 2)', 3],
    ["sum(1, 'x')", null],
    ["max(1, 'x')", null],
    ["max('2026-01-31', '2026-02-01')", '2026-02-01'],
    ["min(now, '2026-01-31')", '2026-01-31'],
    ['first(record.tags)', 'vip'],
    ['last(record.tags)', 'Math'],
    ['first([])', null],
    ['last(record.none)', null],
    ["first('abc')", null],
    ["default('', 'x')", 'x'],
    ['default([], 1)', 1],
    ['default(0, 1)', 0],
    ['default(false, 1)', false],
    ["coalesce(record.none, '', 0, 1)", 0],
    ["coalesce(null, '')", null],
  ])
})

describe('the list of functions, from which the editor completes', () => {
  test('has exactly the functions of the specification', () => {
    const names =
      'date_add date_diff date_format upper lower capitalize trim replace split join substring length contains default ' +
      'coalesce number text round floor ceil abs min max sum first last json'
    expect([...FUNCTIONS.keys()].toSorted()).toEqual(names.split(' ').toSorted())
  })

  test.each([...FUNCTIONS.values()])('$name describes itself, and its example works', (each) => {
    expect(FUNCTIONS.get(each.name)).toBe(each)
    expect(each.signature.startsWith(`${each.name}(`)).toBe(true)
    expect(each.description).toMatch(/\.$/)
    const { value, notes } = compileExpression(each.example).evaluate({})
    expect(value).not.toBeNull()
    expect(notes).toEqual([])
  })
})
