import { expect, test } from 'vitest'
import { emailProblems, renderEmail } from './email-template.ts'
import { htmlToText } from './html-text.ts'

const scope = {
  record: { name: '<b>Ada</b>', email: 'ada@x.org', note: null },
  variables: { greeting: 'Hello & welcome', evil: '{{record.email}}\r\nBcc: b@x.org' },
}

test('values are escaped in the HTML, and in nothing else', () => {
  const email = { subject: 'Hi {{record.name}}', html: '<p>{{record.name}}</p>', text: 'Hi {{record.name}}' }
  expect(renderEmail(email, scope)).toEqual({
    subject: 'Hi <b>Ada</b>',
    html: '<p>&lt;b&gt;Ada&lt;/b&gt;</p>',
    text: 'Hi <b>Ada</b>',
    missing: [],
  })
})

test('the text is made from the HTML when there is none', () => {
  const html = '<p>{{variables.greeting}}, {{record.name}}</p>'
  expect(renderEmail({ subject: '', html }, scope).text).toBe('Hello & welcome, <b>Ada</b>')
  expect(renderEmail({ subject: '', html, text: ' ' }, scope).text).toBe('Hello & welcome, <b>Ada</b>')
})

test('variables are known with and without their root', () => {
  const { html } = renderEmail({ subject: '', html: '{{greeting}}|{{variables.greeting}}' }, scope)
  expect(html).toBe('Hello &amp; welcome|Hello &amp; welcome')
})

test('the subject is one line, and a value is never parsed again', () => {
  expect(renderEmail({ subject: 'A {{evil}}\u2028B', html: '' }, scope).subject).toBe(
    'A {{record.email}} Bcc: b@x.org B',
  )
})

test('missing values render as nothing and are named once', () => {
  const email = { subject: '{{record.note}}', html: '[{{record.note}}][{{nothing}}]' }
  const rendered = renderEmail(email, scope)
  expect(rendered).toMatchObject({ subject: '', html: '[][]' })
  expect(rendered.missing).toContain('record.note')
  expect(rendered.missing.filter((name) => name === 'record.note')).toHaveLength(1)
})

test('problems of a template tell the part and the column', () => {
  const found = emailProblems({ subject: 'a {{ b', html: '{{secrets.x}}', text: '{{ uper(a) }}' })
  expect(found.map(({ path }) => path)).toEqual(['/subject', '/html', '/text'])
  expect(found[0]!.message).toMatch(/column 3/)
  expect(found[1]!.message).toMatch(/secret/)
  expect(emailProblems({ subject: 'a\nb', html: '' })).toMatchObject([{ path: '/subject' }])
  expect(emailProblems({ subject: '{{record.anything}}', html: '{{first_name}}' })).toEqual([])
})

test.each([
  ['plain', 'plain'],
  ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
  ['<p>One<br>Two<br/>Three</p>', 'One\nTwo\nThree'],
  ['<ul><li>a</li><li>b</li></ul>', '- a\n- b'],
  ['<a href="https://x.org/?a=1&amp;b=2">Open</a> it', 'Open (https://x.org/?a=1&b=2) it'],
  ['<a href="https://x.org">https://x.org</a>', 'https://x.org'],
  ['<a href="mailto:a@x.org">a@x.org</a>', 'a@x.org'],
  ['<head><title>T</title><style>p > a {}</style></head><body>x</body>', 'x'],
  ['<script>a < b</script>y', 'y'],
  ['a <!-- b > c --> d', 'a d'],
  ['<img alt="a > b">c', 'c'],
  ['1 < 2 &lt; 3 &#8364; &#x20AC; &unknown;', '1 < 2 < 3 € € &unknown;'],
  ['  a \n\t b  ', 'a b'],
  ['<b>bold</b> and <i>more</i>', 'bold and more'],
  ['<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>', 'a b\nc'],
  ['broken <p', 'broken'],
  ['&#xD800;&#0;x', 'x'],
  ['', ''],
])('%j reads %j', (html, text) => {
  expect(htmlToText(html)).toBe(text)
})

test('reading a long HTML takes time by its length alone', () => {
  const long = '<p'.repeat(100_000) + '&#'.repeat(100_000) + '<style>' + '</style'.repeat(100_000)
  expect(htmlToText(long).length).toBeLessThan(long.length + 1)
})
