import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { validateAddress } from './address.ts'

describe('an address is read with or without a display name', () => {
  test.each([
    ['ada@example.org', { address: 'ada@example.org' }],
    ['  ada@example.org ', { address: 'ada@example.org' }],
    ['<ada@example.org>', { address: 'ada@example.org' }],
    ['Ada <ada@example.org>', { address: 'ada@example.org', name: 'Ada' }],
    ['Ada Lovelace<ada@example.org>', { address: 'ada@example.org', name: 'Ada Lovelace' }],
    ['"Ada \\"Countess\\" L." <ada@example.org>', { address: 'ada@example.org', name: 'Ada "Countess" L.' }],
    ['Zoë Čapek <zoe@example.org>', { address: 'zoe@example.org', name: 'Zoë Čapek' }],
    ['"" <ada@example.org>', { address: 'ada@example.org' }],
    ["o'brien+crm=x@mail.example.co.uk", { address: "o'brien+crm=x@mail.example.co.uk" }],
    ['automations@localhost', { address: 'automations@localhost' }],
    ['用户@例え.jp', { address: '用户@例え.jp' }],
    [`a@${'b'.repeat(63)}.org`, { address: `a@${'b'.repeat(63)}.org` }],
  ])('%j', (text, expected) => expect(validateAddress(text)).toEqual(expected))
})

describe('whatever could mean another recipient or header is refused', () => {
  test.each([
    ['ada@example.org, eve@example.org', 'comma'],
    ['ada@example.org;eve@example.org', 'semicolon'],
    ['"Lovelace, Ada" <ada@example.org>', 'comma'],
    ['ada@example.org\r\nBcc: eve@example.org', 'line break'],
    ['ada@example.org\n', 'line break'],
    ['Ada\r <ada@example.org>', 'line break'],
    ['ada@example.org\u0000', 'control character'],
    ['ada@example.org\u2028', 'line break'],
    ['ada@example.org eve@example.org', 'more than one @'],
    ['ada@eve@example.org', 'more than one @'],
    ['<ada@example.org> <eve@example.org>', 'more than one @'],
    ['eve@example.org <ada@example.org>', 'display name'],
    ['"eve <ada@example.org>', 'display name'],
    ['team: ada@example.org', 'before the @'],
    ['"a b"@example.org', 'before the @'],
    ['ada(comment)@example.org', 'before the @'],
    ['.ada@example.org', 'before the @'],
    ['ada..l@example.org', 'before the @'],
    [`${'a'.repeat(65)}@example.org`, 'before the @'],
    ['@example.org', 'before the @'],
    ['ada@', 'after the @'],
    ['ada@-example.org', 'after the @'],
    ['ada@example..org', 'after the @'],
    ['ada@127.0.0.1', 'after the @'],
    ['ada@[127.0.0.1]', 'after the @'],
    [`ada@${'b'.repeat(64)}.org`, 'after the @'],
    [`ada@${'bcdefghij.'.repeat(25)}org`, 'longer than 254'],
    ['ada', 'no @'],
    ['ada@example.org>', '">" without "<"'],
    ['', 'empty'],
    ['   ', 'empty'],
    [`${'x'.repeat(500)}@example.org`, 'too long'],
  ])('%j', (text, why) => {
    expect(validateAddress(text)).toEqual({ error: 'INVALID_ADDRESS', message: expect.stringContaining(why) })
  })
})

test('an accepted address holds one @ and no character that ends a recipient, a header or a line', () => {
  const piece = fc.constantFrom(
    'a',
    'Ada',
    '@',
    '.',
    ',',
    ';',
    '<',
    '>',
    '"',
    '\\',
    ' ',
    '\r\n',
    '\0',
    ':',
    '(',
    'x.org',
    'é',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const result = validateAddress(pieces.join(''))
      if ('error' in result) return
      expect(result.address.split('@')).toHaveLength(2)
      expect(result.address).not.toMatch(/[\s,;:<>()"\\\p{Cc}]/u)
      expect(result.name ?? '').not.toMatch(/[,;\p{Cc}]/u)
    }),
    { numRuns: 2000 },
  )
})

test('the message about a bad address is one line and short', () => {
  const result = validateAddress(`a\r\n${'b'.repeat(10_000)}`)
  expect('error' in result && result.message).toMatch(/^"a b{20,80}…" holds a line break/)
})
