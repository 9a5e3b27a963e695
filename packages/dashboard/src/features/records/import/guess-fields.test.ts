import type { FieldAnswer } from '@kantos/model'
import { expect, test } from 'vitest'
import { guessFields } from './guess-fields.ts'

const field = (slug: string, name: string, type: FieldAnswer['type']) => ({ slug, name, type })
const FIELDS = [
  field('name', 'Name', 'text'),
  field('email', 'Email', 'email'),
  field('phone', 'Phone', 'phone'),
  field('follow_up_count', 'Follow-up count', 'number'),
  field('website', 'Website', 'url'),
  field('estimated_value', 'Estimated value', 'currency'),
]
const guessed = (columns: Record<string, string | null>, fields = FIELDS) =>
  guessFields(
    Object.entries(columns).map(([name, field]) => ({ name, field })),
    fields,
  )

test('columns are guessed by their letters, by what such columns are often called, and full names are names', () => {
  expect(
    guessed({
      'Full Name': null,
      'E-mail address': null,
      'FOLLOW UP COUNT': null,
      Telefon: null,
      Value: null,
      Shoe: null,
    }),
  ).toEqual({
    'Full Name': 'name',
    'E-mail address': 'email',
    'FOLLOW UP COUNT': 'follow_up_count',
    Telefon: 'phone',
    Value: 'estimated_value',
    Shoe: null,
  })
})

test('what was matched stays, and no field is given twice', () => {
  expect(guessed({ 'Private e-mail': 'email', 'Work e-mail': null, Email: null })).toEqual({
    'Private e-mail': 'email',
    'Work e-mail': null,
    Email: null,
  })
})

test('of two fields of the type none is guessed', () => {
  const two = [...FIELDS, field('second_email', 'Second', 'email')]
  expect(guessed({ 'E-mail address': null }, two)).toEqual({ 'E-mail address': null })
})
