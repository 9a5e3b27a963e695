import type { FieldAnswer } from '@kantos/model'
import type { Mapping } from './api.ts'

/** What columns of a type are often called, in English and German. */
const OFTEN: readonly [FieldAnswer['type'], RegExp][] = [
  ['email', /mail/],
  ['phone', /phone|mobile|telefon|handy/],
  ['url', /website|webseite|homepage|url/],
  ['currency', /value|amount|price|betrag|wert|umsatz/],
]

/**
 * Fields for the columns that are called neither like a slug nor like a name: "E-Mail" → Email, "Full name" → Name. A type that several
 * free fields have is not guessed.
 *
 * @param columns as the preview matched them; null: nothing was found
 */
export function guessFields(
  columns: readonly { name: string; field: string | null }[],
  fields: readonly Pick<FieldAnswer, 'slug' | 'name' | 'type'>[],
): Mapping {
  const mapping: Mapping = Object.fromEntries(columns.map(({ name, field }) => [name, field]))
  const free = () => fields.filter(({ slug }) => !Object.values(mapping).includes(slug))
  const fill = (find: (letters: string) => string | undefined) => {
    for (const { name } of columns) if (mapping[name] === null) mapping[name] = find(lettersOf(name)) ?? null
  }
  fill((letters) => free().find(({ slug, name }) => [lettersOf(slug), lettersOf(name)].includes(letters))?.slug)
  fill((letters) => {
    const type = OFTEN.find(([, often]) => often.test(letters))?.[0]
    const fitting = free().filter((field) => field.type === type)
    return fitting.length === 1 ? fitting[0]!.slug : undefined
  })
  fill((letters) => (/^(?:full|whole|voller)?name$/.test(letters) ? free().find(isName)?.slug : undefined))
  return mapping
}

function isName({ slug, type }: Pick<FieldAnswer, 'slug' | 'type'>): boolean {
  return type === 'text' && (slug === 'name' || slug === 'title')
}

function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}
