import { DATE_FUNCTIONS } from './date-functions.ts'
import { mismatch, type ExpressionFunction } from './function-spec.ts'
import { NUMBER_FUNCTIONS } from './number-functions.ts'
import { TEXT_FUNCTIONS } from './text-functions.ts'
import { admit, isEmpty, isList } from './values.ts'

const orDefault: ExpressionFunction = {
  name: 'default',
  signature: 'default(value, fallback)',
  description: 'The value, or the fallback when the value is empty (nothing, empty text, empty list).',
  example: "default('', 'there')",
  minArgs: 2,
  maxArgs: 2,
  call: (args) => (isEmpty(args[0]) ? args[1] : args[0]),
}

const coalesce: ExpressionFunction = {
  name: 'coalesce',
  signature: 'coalesce(a, b, …)',
  description: 'The first value that is not empty.',
  example: "coalesce(null, '', 'third')",
  minArgs: 1,
  maxArgs: 100,
  call: (args) => args.find((value) => !isEmpty(value)) ?? null,
}

function fromList(name: string, description: string, example: string, position: 0 | -1): ExpressionFunction {
  return {
    name,
    signature: `${name}(list)`,
    description,
    example,
    minArgs: 1,
    maxArgs: 1,
    call(args, context) {
      const list = args[0] ?? null
      if (list === null) return null
      return isList(list) ? admit(list.at(position)) : mismatch(context, 0, 'a list')
    },
  }
}

const ALL: readonly ExpressionFunction[] = [
  ...DATE_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  orDefault,
  coalesce,
  ...NUMBER_FUNCTIONS,
  fromList('first', 'The first item of a list.', "first(['a', 'b'])", 0),
  fromList('last', 'The last item of a list.', "last(['a', 'b'])", -1),
]

/** Every function of the language by its name. Source: SPEC.md, section 7 */
export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map(ALL.map((each) => [each.name, each]))

/** Names from other languages, and what to write here. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['now', 'now is a value: write now, without parentheses'],
  ['today', 'today is a value: write today, without parentheses'],
  ['if', "write condition ? 'this' : 'that'"],
  ['concat', 'join texts with +'],
  ['len', 'did you mean length?'],
  ['size', 'did you mean length?'],
  ['count', 'did you mean length?'],
  ['uppercase', 'did you mean upper?'],
  ['touppercase', 'did you mean upper?'],
  ['lowercase', 'did you mean lower?'],
  ['tolowercase', 'did you mean lower?'],
  ['includes', 'did you mean contains?'],
  ['tostring', 'did you mean text?'],
  ['string', 'did you mean text?'],
  ['format', 'did you mean date_format?'],
  ['formatdate', 'did you mean date_format?'],
  ['int', 'did you mean floor or round?'],
  ['slice', 'did you mean substring?'],
  ['substr', 'did you mean substring?'],
])

/** A hint for a function name that doesn't exist: the one that was probably meant, or where to look. */
export function closestFunction(name: string): string {
  const lower = name.toLowerCase().slice(0, 40)
  const foreign = FOREIGN.get(lower)
  if (foreign !== undefined) return foreign
  const plain = lower.replaceAll('_', '')
  const ranked = [...FUNCTIONS.keys()].map((known) => ({ known, far: distance(plain, known.replaceAll('_', '')) }))
  const best = ranked.reduce((a, b) => (b.far < a.far ? b : a))
  if (best.far <= Math.max(1, Math.floor(plain.length / 3))) return `did you mean ${best.known}?`
  return `the functions are ${[...FUNCTIONS.keys()].join(', ')}`
}

/** Edits from one word to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
