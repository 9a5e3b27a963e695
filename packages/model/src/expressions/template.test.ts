import { describe, expect, test } from 'vitest'
import { compileExpression, compileTemplate, ExpressionError, hasPlaceholder, type Scope } from './index.ts'

const SCOPE: Scope = {
  record: {
    id: 'rec_1',
    name: 'Ada',
    email: 'ada@example.com',
    phone: null,
    follow_up_count: null,
    score: 41,
    active: false,
    tags: ['vip', 'math'],
    company: 'rec_9',
    address: { city: 'London', 'post-code': 'W1' },
  },
  previous: { name: 'Augusta' },
  changes: { name: { from: 'Augusta', to: 'Ada' } },
  webhook: { body: { items: [{ sku: 'A' }, { sku: 'B' }] }, headers: { 'x-source': 'shop' }, query: {} },
  steps: { find: { records: [{ id: 'rec_2', company: 'rec_9' }], count: 1 } },
  item: { email: 'x@example.com' },
  index: 0,
  variables: { greeting: 'Hello', name: 'variable' },
  now: '2026-01-31T10:00:00.000Z',
  today: '2026-01-31',
}

const render = (source: string, scope: Scope = SCOPE): unknown => compileTemplate(source).render(scope).value

describe('a value that is one whole placeholder keeps its type', () => {
  test.each([
    ['{{record.score}}', 41],
    ['{{record.active}}', false],
    ['{{record.tags}}', ['vip', 'math']],
    ['{{record.address}}', { city: 'London', 'post-code': 'W1' }],
    ['{{record.phone}}', null],
    ['{{record.nope.deeper[3].still}}', null],
    ['{{ record.name }}', 'Ada'],
    ['{{index}}', 0],
    ['{{changes.name.from}}', 'Augusta'],
    ['{{webhook.body.items[1].sku}}', 'B'],
    ['{{webhook.body.items.1.sku}}', 'B'],
    ["{{webhook.headers['x-source']}}", 'shop'],
    ['{{record["address"]["post-code"]}}', 'W1'],
    ['{{webhook.body.items[index].sku}}', 'A'],
    ["{{record['na' + 'me']}}", 'Ada'],
    ['{{(webhook.body.items)[0].sku}}', 'A'],
    ['{{first(webhook.body.items).sku}}', 'A'],
    ['{{record.tags[-1]}}', null],
    ['{{[1, record.score, [true]]}}', [1, 41, [true]]],
    ['{{[]}}', []],
  ])('%s', (source, expected) => {
    expect(render(source)).toEqual(expected)
  })
})

describe('mixed text becomes text', () => {
  test.each([
    ['Hi {{record.name}}!', 'Hi Ada!'],
    ['{{record.name}} <{{record.email}}>', 'Ada <ada@example.com>'],
    ['score {{record.score}}, active {{record.active}}', 'score 41, active false'],
    ['tags: {{record.tags}}', 'tags: vip, math'],
    ['at {{record.address}}', 'at {"city":"London","post-code":"W1"}'],
    ['[{{record.phone}}{{record.nope}}]', '[]'],
    ['{{record.score}} ', '41 '],
    ['{"a":{{record.score}}}', '{"a":41}'],
    ['{"a":{"b":"{{record.name}}"}}', '{"a":{"b":"Ada"}}'],
    ["{{ '{{' }}record{{ '}}' }}", '{{record}}'],
    ['{{ "it\'s }}" }}.', "it's }}."],
    ["{{ 'it\\'s' }}.", "it's."],
    ['{{0.1 + 0.2}} m', '0.3 m'],
    ['a } b { c }} d', 'a } b { c }} d'],
    ['{{record.score}}{{record.score}}', '4141'],
    ['', ''],
  ])('%s', (source, expected) => {
    expect(render(source)).toBe(expected)
  })
})

describe('operators', () => {
  test.each<[string, unknown]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['7 % 4', 3],
    ['-7 % 4', -3],
    ['2 * -3', -6],
    ['--record.score', 41],
    ['1.5e3', 1500],
    ['0.1 + 0.2', 0.3],
    ['1 / 3 * 3', 1],
    ["'5' * '2'", 10],
    ["'5' + 1", '51'],
    ["1 + '5'", '15'],
    ["'a' + true + null + 1.50", 'atrue1.5'],
    ["'tags: ' + record.tags", 'tags: vip, math'],
    ["record.tags + ['new']", ['vip', 'math', 'new']],
    ["null + ['new']", ['new']],
    ['null + 1', 1],
    ['1 - null', 1],
    ['null * 5', 0],
    ['null + null', null],
    ['null - null', null],
    ['5 / null', null],
    ['null / 5', null],
    ['5 / 0', null],
    ['5 % 0', null],
    ['true + 1', null],
    ["'a' * 2", null],
    ["-'a'", null],
    ["-'5'", -5],
    ['-null', null],
    ['1e308 * 10', null],
    ["'5' == 5", true],
    ["5 == '5.0'", true],
    ["'5' == '5.0'", false],
    ["'a' == 'A'", false],
    ["null == ''", true],
    ['record.nope == null', true],
    ['0 == null', false],
    ['false == null', false],
    ["'true' == true", true],
    ['1 == true', false],
    ["'2026-01-31T10:00:00Z' == now", true],
    ["'2026-01-31T11:00:00+01:00' == now", true],
    ["'2026-01-31' == now", true],
    ["['math', 'vip'] == record.tags", true],
    ["['vip'] == record.tags", false],
    ["record.name != 'Ada'", false],
    ['1 < 2', true],
    ["'10' > 9", true],
    ["'10' > '9'", true],
    ["'b' > 'a'", true],
    ["today < '2026-02-01'", true],
    ["now >= '2026-01-31'", true],
    ['null < 1', false],
    ['null >= 0', false],
    ["'x' > 1", false],
    ['1 < 2 == true', true],
    ["record.active || 'no'", 'no'],
    ["record.name && 'yes'", 'yes'],
    ["0 && 'yes'", 0],
    ["'' || [] || 'last'", 'last'],
    ["record.active ?? 'unset'", false],
    ["record.phone ?? 'unset'", 'unset'],
    ["record.phone ?? record.nope ?? 'x'", 'x'],
    ["true || false && false ? 'a' : 'b'", 'a'],
    ['false ? 1 : true ? 2 : 3', 2],
    ['true ? false ? 1 : 2 : 3', 2],
    ['!record.phone', true],
    ['!!record.tags', true],
    ['![]', true],
    ['!0 == true', true],
    ['"\\u00e9\\n\\t\\\\\\u{1f600}"', 'é\n\t\\😀'],
    ['größe ?? 1', 1],
  ])('%s', (source, expected) => {
    expect(compileExpression(source).evaluate(SCOPE).value).toEqual(expected)
  })
})

describe('what is missing or odd is named', () => {
  test.each<[string, string[], string[]]>([
    ['{{record.phone}}', ['record.phone'], []],
    ['call {{record.phone}} or {{record.nope}}', ['record.phone', 'record.nope'], []],
    ['{{record.phone}}{{record.phone}}', ['record.phone'], []],
    ["{{record.phone ?? 'none'}}", [], []],
    ["{{default(record.phone, 'none')}}", [], []],
    ['{{upper(record.phone)}}', ['record.phone'], []],
    ["{{webhook.headers['x-none']}}", ["webhook.headers['x-none']"], []],
    ['{{webhook.body.items[7].sku}}', ['webhook.body.items[7].sku'], []],
    ["{{'Hi ' + record.phone}}", ['record.phone'], []],
    ['{{record.active ? record.nope : record.phone}}', ['record.phone'], []],
    ['{{record.follow_up_count + 1}}', [], ['record.follow_up_count is empty, counted as 0']],
    ['{{record.score / 0}}', ['record.score / 0'], ['division by zero gives null']],
    ['{{record.score / record.phone}}', ['record.phone'], ['record.phone is empty: / gives null']],
    ['{{record.name * 2}}', ['record.name * 2'], ['record.name is a text, not a number: * gives null']],
    [
      '{{today - 1}}',
      ['today - 1'],
      ['today is a text, not a number: - gives null; use date_add or date_diff for dates'],
    ],
    ['{{record.name > 5}}', [], ["record.name is a text and 5 is a number: > can't compare them"]],
    [
      "{{date_add(record.name, 1, 'day')}}",
      ["date_add(record.name, 1, 'day')"],
      ['record.name is not a date (YYYY-MM-DD) or a datetime (ISO 8601)'],
    ],
    ['{{record.name}}', [], []],
  ])('%s', (source, missing, notes) => {
    const rendered = compileTemplate(source).render(SCOPE)
    expect({ missing: rendered.missing, notes: rendered.notes }).toEqual({ missing, notes })
  })

  test('the expected word never reaches the text, whatever is missing', () => {
    const source =
      '{{a}}{{a.b}}{{record.phone}}{{1 / 0}}{{upper(a)}}{{a + a}}{{[a, a]}}{{number("x")}}{{undefined}}{{NaN}}'
    expect(render(`<${source}>`)).toBe('<>')
  })
})

describe('references', () => {
  const follow = (id: string) => (id === 'rec_9' ? { id, name: 'Engines', owner: null } : undefined)

  test('a member read on a record id steps into that record', () => {
    const source =
      '{{record.company.name}}, {{record.company["name"]}}, {{steps.find.records[0].company.name}}, {{record.company}}'
    expect(compileTemplate(source).render(SCOPE, { follow }).value).toBe('Engines, Engines, Engines, rec_9')
  })

  test('a record that is gone, or another text, gives nothing and is named', () => {
    const rendered = compileTemplate('{{record.id.name}}{{record.name.name}}.').render(SCOPE, { follow })
    expect(rendered).toEqual({ value: '.', missing: ['record.id.name', 'record.name.name'], notes: [] })
  })
})

describe('bare variables', () => {
  test('inside e-mail templates an unknown name is a variable; a known one stays what it is', () => {
    const source = '{{greeting}} {{name}} {{record.name}} {{variables.greeting}} {{upper(greeting)}}'
    expect(compileTemplate(source).render(SCOPE, { bareVariables: true }).value).toBe('Hello variable Ada Hello HELLO')
  })

  test('elsewhere it is missing', () => {
    expect(compileTemplate('{{greeting}}').render(SCOPE)).toEqual({ value: null, missing: ['greeting'], notes: [] })
  })
})

describe('HTML', () => {
  const scope = { record: { name: `<b>"O'Hara" & co</b>`, tags: ['<i>'], score: 3, active: true } }
  const html = (source: string): unknown => compileTemplate(source).render(scope, { escape: 'html' }).value

  test('values are escaped, the text around them is not', () => {
    expect(html('<p>{{record.name}}</p>')).toBe('<p>&lt;b&gt;&quot;O&#39;Hara&quot; &amp; co&lt;/b&gt;</p>')
    expect(html('<p>{{record.tags}} {{json(record.tags)}}</p>')).toBe('<p>&lt;i&gt; [&quot;&lt;i&gt;&quot;]</p>')
  })

  test('a whole placeholder is escaped too, and no list or object can carry text past it', () => {
    expect(html('{{record.name}}')).toMatch(/^&lt;b&gt;/)
    expect(html('{{record.tags}}')).toBe('&lt;i&gt;')
    expect(html('{{record}}')).not.toMatch(/[<>"']/)
    expect(html('{{record.score}}')).toBe(3)
    expect(html('{{record.active}}')).toBe(true)
  })
})

describe('secrets', () => {
  test('a secret is a place in the text, and the value shows a mask', () => {
    const template = compileTemplate('Bearer {{secrets.token}} for {{record.name}}{{secrets["other-key"]}}')
    expect(template.render({ ...SCOPE, secrets: { token: 'the real one' } })).toEqual({
      value: 'Bearer •••• for Ada••••',
      missing: [],
      notes: [],
      parts: ['Bearer ', { secret: 'token' }, ' for Ada', { secret: 'other-key' }],
    })
    expect(template.paths).toEqual([
      { root: 'secrets', path: ['token'], column: 10 },
      { root: 'record', path: ['name'], column: 32 },
      { root: 'secrets', path: ['other-key'], column: 47 },
    ])
  })

  test('a secret may be the whole value', () => {
    const rendered = compileTemplate('{{ secrets.token }}').render(SCOPE)
    expect(rendered).toMatchObject({ value: '••••', parts: [{ secret: 'token' }] })
  })

  test('parts are there only when a secret is named', () => {
    expect(compileTemplate('a {{record.name}}').render(SCOPE)).not.toHaveProperty('parts')
  })

  test('a rendered value that looks like a secret stays text', () => {
    const rendered = compileTemplate('{{record.name}} {{secrets.a}}').render({ record: { name: '{{secrets.b}}' } })
    expect(rendered.parts).toEqual(['{{secrets.b}} ', { secret: 'a' }])
  })

  test.each(['secrets.token', '{{secrets.token}}', "'a' + secrets.token"])('%s is no expression for data', (source) => {
    expect(() => compileExpression(source)).toThrow(/secret/)
  })
})

describe('compiling', () => {
  test('a template tells what it uses', () => {
    const template = compileTemplate("{{record.a}} {{upper(steps.b.c[0].d)}} {{x[record['k-1']].y}} {{upper('')}}")
    expect(template.paths).toEqual([
      { root: 'record', path: ['a'], column: 3 },
      { root: 'steps', path: ['b', 'c', 0, 'd'], column: 22 },
      { root: 'x', path: [], column: 42 },
      { root: 'record', path: ['k-1'], column: 44 },
    ])
    expect(template.functions).toEqual(['upper'])
    expect(template).toMatchObject({ whole: false, constant: false })
  })

  test('whole and constant are told apart', () => {
    const kinds = ['{{a}}', ' {{a}}', '{{a}}{{b}}', 'a', ''].map((source) => {
      const { whole, constant } = compileTemplate(source)
      return [whole, constant]
    })
    expect(kinds).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [false, true],
      [false, true],
    ])
  })

  test('a placeholder is recognised by its braces', () => {
    expect(['{{a}}', 'x {{', '{ {a} }', ''].map(hasPlaceholder)).toEqual([true, true, false, false])
  })

  test('an expression is written bare or in braces', () => {
    for (const source of ['record.score + 1', '{{record.score + 1}}', '  {{ record.score + 1 }}\n']) {
      expect(compileExpression(source).evaluate(SCOPE).value).toBe(42)
    }
    expect(compileExpression('  {{ record.a }}').paths).toEqual([{ root: 'record', path: ['a'], column: 6 }])
  })

  test.each<[string, number, RegExp, RegExp | null]>([
    ['a {{ b', 3, /'\{\{' is never closed/, /close it with \}\}/],
    ['Hello {{name, welcome @ us', 7, /never closed/, null],
    ["Hello {{name, it's open", 7, /never closed/, null],
    ['{{a {{b}}', 1, /never closed/, null],
    ['{{}}', 3, /expected an expression/, null],
    ['x {{ 1 + }}', 10, /expected a value, found \}\}/, null],
    ['{{(1 + 2}}', 9, /expected '\)'/, null],
    ['{{[1, 2}}', 8, /expected ',' or '\]'/, null],
    ['{{record.}}', 10, /expected a name after '\.'/, null],
    ['{{record name}}', 10, /expected an operator or '\}\}', found 'name'/, null],
    ['{{a ? b}}', 8, /expected ':'/, null],
    ['{{a and b}}', 5, /found 'and'/, /&&/],
    ['{{not a}}', 7, /found 'a'/, /write !/],
    ['{{a = b}}', 5, /unexpected "="/, /==/],
    ['{{a === b}}', 5, /unexpected "="/, /write ==/],
    ['{{a?.b}}', 4, /unexpected "\?"/, /'\.'/],
    ['{{a | upper}}', 5, /unexpected "\|"/, /upper\(record\.name\)/],
    ['{{a &gt; b}}', 5, /unexpected "&"/, /write >/],
    ['{{ “a” }}', 4, /unexpected "“"/, /straight quotes/],
    ["{{ 'a }}", 4, /never closed/, /another '/],
    ['{{ "\\x" }}', 5, /\\x is not an escape/, /\\n/],
    ['{{ 12ab }}', 4, /12ab is neither/, null],
    ['{{uper(a)}}', 3, /no function uper/, /did you mean upper\?/],
    ['{{dateAdd(a, 1, "day")}}', 3, /no function dateAdd/, /date_add/],
    ['{{zzzzzz(a)}}', 3, /no function/, /the functions are date_add/],
    ['{{now()}}', 3, /no function now/, /without parentheses/],
    ['{{record.name.toUpperCase()}}', 26, /toUpperCase can't be called/, /upper/],
    ['{{upper()}}', 3, /upper can't take 0 arguments/, /upper\(text\)/],
    ["{{date_add(now, 1, 'dayz')}}", 20, /expected a unit/, /date_add/],
    ["{{date_add('tomorrow', 1, 'day')}}", 12, /expected a date/, null],
    ["{{date_format(now, 'YYYY')}}", 20, /write yyyy/, null],
    ["{{date_format(now, 'yyyy', 'Mars/Base')}}", 28, /not a time zone/, null],
    ['{{webhook.headers.x-source}}', 3, /needs brackets/, /webhook\.headers\['x-source'\]/],
    ['{{ secrets.a + 1 }}', 4, /secret can only stand/, /with nothing else between the braces/],
    ['line one\n{{ 1 + }}', 17, /expected a value/, null],
  ])('%s is refused at column %i', (source, column, message, hint) => {
    let error: unknown
    try {
      compileTemplate(source)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(ExpressionError)
    const { hint: given, column: at, message: text, end } = error as ExpressionError
    expect(at).toBe(column)
    expect(text).toMatch(message)
    expect(text).toContain(`at column ${column}`)
    expect(end).toBeGreaterThan(column)
    if (hint !== null) expect(given).toMatch(hint)
  })

  test('text behind a placeholder is no expression', () => {
    expect(() => compileExpression('{{a}} b')).toThrow(/nothing behind the placeholder/)
    expect(() => compileExpression('a }} b')).toThrow(ExpressionError)
    expect(() => compileExpression('   ')).toThrow(/expected an expression/)
  })
})
