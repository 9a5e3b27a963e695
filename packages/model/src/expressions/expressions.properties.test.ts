import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileExpression, compileTemplate, ExpressionError, FUNCTIONS, looseEquals, toText } from './index.ts'

const plainText = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !text.includes('{{'))
const day = fc.integer({ min: 0, max: 60_000 }).map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))
const unit = fc.constantFrom('second', 'minutes', 'hours', 'day', 'weeks', 'months', 'quarter', 'years')
const data = fc.jsonValue({ maxDepth: 4 })

/** Sources that parse often: pieces of the language in any order, with spaces between. */
const pieces = [
  ..."record record.a .b [0] ['x-y'] null true 1 2.5 'a' \"{{\" ( ) [ ] , constructor .constructor".split(' '),
  ...'+ - * / % == != < >= && || ?? ! ? :'.split(' '),
  ...[...FUNCTIONS.keys()].map((name) => `${name}(`),
]
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(' '))

/** Well-formed expressions. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(
      'record',
      'record.a',
      'record.b[0]',
      'now',
      'null',
      'true',
      "'x'",
      "'7'",
      '0',
      '3',
      '[1, record.a]',
    ),
    fc
      .tuple(tie('expression'), fc.constantFrom(...'+ - * / % == != < <= > >= && || ??'.split(' ')), tie('expression'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie('expression').map((a) => `!${a}`),
    tie('expression').map((a) => `(-(${a}))`),
    fc
      .tuple(fc.constantFrom(...[...FUNCTIONS.values()].filter((each) => each.minArgs === 1)), tie('expression'))
      .map(([each, a]) => `${each.name}(${a})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a})[${b}]`),
  ),
}))

function isJson(value: unknown): boolean {
  if (value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  return Object.values(value).every(isJson)
}

function valueOrRefusal(evaluate: () => unknown): unknown {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof ExpressionError) return null
    throw error
  }
}

test('rendering a source without braces returns it', () => {
  fc.assert(
    fc.property(plainText, (text) => {
      expect(compileTemplate(text)).toMatchObject({ constant: true, whole: false })
      expect(compileTemplate(text).render({})).toEqual({ value: text, missing: [], notes: [] })
    }),
  )
})

test('a rendered value is never parsed again', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom('{{record.b}}', '{{', '}}', "{{ '", '{{secrets.a}}'),
      plainText,
      (text, hook, around) => {
        const value = text + hook
        const scope = { record: { a: value, b: 'second' } }
        expect(compileTemplate(`${around}{{record.a}}!`).render(scope).value).toBe(`${around}${value}!`)
        expect(compileTemplate('{{record.a}}').render(scope).value).toBe(value)
      },
    ),
  )
})

test('any text can be written as a literal and comes back as it was', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0') && text.isWellFormed()),
      (text) => {
        expect(
          compileExpression(JSON.stringify(text).replaceAll('\\b', '\\u0008').replaceAll('\\f', '\\u000c')).evaluate({})
            .value,
        ).toBe(text)
      },
    ),
  )
})

test('a whole placeholder gives the data itself, mixed text gives how it reads', () => {
  fc.assert(
    fc.property(data, (value) => {
      const scope = { record: { a: value } }
      expect(compileTemplate('{{record.a}}').render(scope).value).toEqual(value)
      expect(compileTemplate('<{{record.a}}>').render(scope).value).toBe(`<${toText(value)}>`)
    }),
  )
})

test('whatever is written, compiling gives a template or an error with a column inside the source', () => {
  fc.assert(
    fc.property(fc.oneof(soup, fc.string(), expression), plainText, (source, around) => {
      const template = `${around}{{${source}}}`
      try {
        compileTemplate(template)
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError)
        expect((error as ExpressionError).column).toBeGreaterThanOrEqual(1)
        expect((error as ExpressionError).column).toBeLessThanOrEqual(template.length + 1)
      }
    }),
    { numRuns: 1000 },
  )
})

test('whatever evaluates gives JSON data, twice the same, and leaves its data alone', () => {
  let evaluated = 0
  fc.assert(
    fc.property(fc.oneof(soup, expression), data, data, (source, a, b) => {
      const scope = { record: { a, b: [b] }, now: '2026-01-31T10:00:00.000Z' }
      const before = JSON.stringify(scope)
      const evaluate = (): unknown => compileTemplate(`{{${source}}}`).render(scope).value
      const value = valueOrRefusal(evaluate)
      if (value !== null) evaluated += 1
      expect(isJson(value)).toBe(true)
      expect(valueOrRefusal(evaluate)).toEqual(value)
      expect(JSON.stringify(scope)).toBe(before)
    }),
    { numRuns: 1000 },
  )
  expect(evaluated).toBeGreaterThan(200)
})

test('a well-formed expression never throws, whatever the data', () => {
  fc.assert(
    fc.property(expression, data, data, (source, a, b) => {
      const { value } = compileExpression(source).evaluate({ record: { a, b }, now: 5 })
      expect(value).not.toBeUndefined()
    }),
    { numRuns: 1000 },
  )
})

test('missing names appear exactly when something shows as nothing', () => {
  fc.assert(
    fc.property(fc.option(fc.string({ minLength: 1 })), (value) => {
      const { missing } = compileTemplate('-{{record.a}}-').render({ record: { a: value } })
      expect(missing).toEqual(value === null ? ['record.a'] : [])
    }),
  )
})

test('escaped values hold no HTML, and unescaping gives the value back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', ';', '#', '3', '9', 'l', 't') }),
      (value) => {
        const escaped = compileTemplate('{{a}}').render({ a: value }, { escape: 'html' }).value as string | null
        expect(escaped).not.toMatch(/[<>"']/)
        const entities = new Map([
          ['&lt;', '<'],
          ['&gt;', '>'],
          ['&quot;', '"'],
          ['&#39;', "'"],
          ['&amp;', '&'],
        ])
        expect(escaped!.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities.get(entity)!)).toBe(value)
      },
    ),
  )
})

test('a secret never shows, and its parts put together in order give the text', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(plainText, fc.constant(null)), { maxLength: 6 }), data, (texts, value) => {
      const source = texts.map((text) => (text === null ? '{{secrets.key}}' : `{{''}}${text}{{record.a}}`)).join('')
      const { value: shown, parts } = compileTemplate(source).render({
        record: { a: value },
        secrets: { key: 'hidden-7c' },
      })
      expect(JSON.stringify([shown, parts])).not.toContain('hidden-7c')
      if (!texts.includes(null)) expect(parts).toBeUndefined()
      else expect(parts!.map((part) => (typeof part === 'string' ? part : '••••')).join('')).toBe(shown)
    }),
  )
})

test('numbers add up as numbers do', () => {
  const amount = fc.integer({ min: -1_000_000, max: 1_000_000 })
  fc.assert(
    fc.property(amount, amount, amount, (a, b, c) => {
      const scope = { a, b, c }
      expect(compileExpression('a + b * c - -a').evaluate(scope).value).toBe(a + b * c + a)
      expect(compileExpression('(a + b) % 7').evaluate(scope).value).toBe(((a + b) % 7) + 0)
      expect(compileExpression('a < b && b < c || a == c').evaluate(scope).value).toBe((a < b && b < c) || a === c)
    }),
  )
})

test('equality is symmetric, and everything equals itself', () => {
  const operand = fc.oneof(data, day, fc.constantFrom('5', 5, 'true', true, '', null, [], '2026-01-31T00:00:00Z'))
  fc.assert(
    fc.property(operand, operand, (a, b) => {
      expect(looseEquals(a, a)).toBe(true)
      expect(looseEquals(a, b)).toBe(looseEquals(b, a))
      expect(looseEquals(a, structuredClone(a))).toBe(true)
    }),
  )
})

test('date_diff undoes date_add, for every unit; a date stays a date and a datetime a datetime', () => {
  fc.assert(
    fc.property(day, fc.integer({ min: -400, max: 400 }), unit, (date, n, each) => {
      const scope = { at: `${date}T08:30:00.000Z`, date, n, unit: each }
      expect(compileExpression('date_diff(at, date_add(at, n, unit), unit)').evaluate(scope).value).toBe(n)
      expect(compileExpression('date_add(at, n, unit)').evaluate(scope).value).toMatch(
        /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/,
      )
      expect(compileExpression('date_add(date, n, unit)').evaluate(scope).value).toMatch(/^\d{4}-\d\d-\d\d$/)
    }),
  )
})

test('date_format with ISO tokens writes the date that was read, and shows the same instant in every zone', () => {
  const zones = ['UTC', 'Europe/Vienna', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia']
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      fc.constantFrom(...zones),
      (date, zone) => {
        const at = date.toISOString()
        const format = 'date_format(at, "yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX", zone)'
        const written = compileExpression(format).evaluate({ at, zone }).value
        if (zone === 'UTC') expect(written).toBe(at)
        expect(new Date(written as string).getTime()).toBe(date.getTime())
      },
    ),
  )
})

test('round gives the nearest with so many digits, and rounding twice changes nothing', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 6 }), (x, digits) => {
      const once = compileExpression('round(x, digits)').evaluate({ x, digits }).value as number
      expect(Math.abs(once - x)).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-6 * Math.abs(x))
      expect(compileExpression('round(x, digits)').evaluate({ x: once, digits }).value).toBe(once)
      expect(compileExpression('round(-x, digits)').evaluate({ x, digits }).value).toBe(0 - once)
    }),
  )
})
