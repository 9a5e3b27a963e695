import { characters, mismatch, numberArg, textArg, type ExpressionFunction } from './function-spec.ts'
import { MAX_LIST_LENGTH } from './limits.ts'
import { countValues, isEmpty, isList, isPlainObject, looseEquals, toJson, toText } from './values.ts'

function onText(
  name: string,
  description: string,
  example: string,
  change: (text: string) => string,
): ExpressionFunction {
  return {
    name,
    signature: `${name}(text)`,
    description,
    example,
    minArgs: 1,
    maxArgs: 1,
    call(args, context) {
      const text = textArg(args, 0, context)
      return text === null ? null : change(text)
    },
  }
}

function capitalize(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0x20)
  return text === '' ? '' : first.toUpperCase() + text.slice(first.length)
}

const replace: ExpressionFunction = {
  name: 'replace',
  signature: 'replace(text, search, replacement)',
  description: 'Replaces every occurrence of a text, taken literally.',
  example: "replace('a-b-c', '-', ' ')",
  minArgs: 3,
  maxArgs: 3,
  call(args, context) {
    const text = textArg(args, 0, context)
    const search = textArg(args, 1, context)
    if (text === null || search === null || search === '') return text
    const replacement = textArg(args, 2, context) ?? ''
    let count = 0
    for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + search.length)) count += 1
    context.reserve(text.length + count * (replacement.length - search.length))
    return text.replaceAll(search, () => replacement)
  },
}

const split: ExpressionFunction = {
  name: 'split',
  signature: 'split(text, separator)',
  description: 'Cuts a text into a list; an empty separator cuts it into characters.',
  example: "split('red,green', ',')",
  minArgs: 2,
  maxArgs: 2,
  call(args, context) {
    const text = textArg(args, 0, context)
    const separator = textArg(args, 1, context)
    if (text === null || separator === null) return null
    if (text === '') return []
    context.spend(text.length)
    const items = separator === '' ? characters(text) : text.split(separator, MAX_LIST_LENGTH + 1)
    if (items.length <= MAX_LIST_LENGTH) return items
    context.note(`split gives more than ${MAX_LIST_LENGTH} items, counted as nothing`)
    return null
  },
}

const join: ExpressionFunction = {
  name: 'join',
  signature: "join(list, separator = ', ')",
  description: 'Joins the items of a list to a text; empty items are left out.',
  example: "join(['red', 'green'], ' and ')",
  minArgs: 1,
  maxArgs: 2,
  call(args, context) {
    const list = args[0] ?? null
    if (list === null) return null
    if (!isList(list)) return isPlainObject(list) ? mismatch(context, 0, 'a list') : toText(list)
    const separator = args.length > 1 ? (textArg(args, 1, context) ?? '') : ', '
    context.spendOnAll(list)
    let text = ''
    for (const item of list) {
      const part = toText(item)
      if (part === '') continue
      text += text === '' ? part : separator + part
      context.reserve(part.length + separator.length)
    }
    return text
  },
}

const substring: ExpressionFunction = {
  name: 'substring',
  signature: 'substring(text, start, end?)',
  description: 'The characters from start (0 is the first) up to, not including, end; negative counts from the end.',
  example: "substring('Kantos', 0, 3)",
  minArgs: 2,
  maxArgs: 3,
  call(args, context) {
    const text = textArg(args, 0, context)
    const start = numberArg(args, 1, context)
    const end = args.length > 2 ? numberArg(args, 2, context) : Number.POSITIVE_INFINITY
    if (text === null || start === null) return null
    context.spend(text.length)
    return characters(text)
      .slice(start, end ?? Number.POSITIVE_INFINITY)
      .join('')
  },
}

const length: ExpressionFunction = {
  name: 'length',
  signature: 'length(text or list)',
  description: 'How many characters a text or items a list has; 0 for an empty value.',
  example: "length('Kantos')",
  minArgs: 1,
  maxArgs: 1,
  call(args, context) {
    const value = args[0] ?? null
    if (value === null) return 0
    if (isList(value)) return value.length
    if (isPlainObject(value)) return Object.keys(value).length
    return characters(textArg(args, 0, context) ?? '').length
  },
}

const contains: ExpressionFunction = {
  name: 'contains',
  signature: 'contains(text or list, part)',
  description: 'Whether a text holds another (ignoring case), or a list an item (of several: all), as in conditions.',
  example: "contains('Kantos Automations', 'auto')",
  minArgs: 2,
  maxArgs: 2,
  call(args, context) {
    const whole = args[0] ?? null
    const part = args[1] ?? null
    if (whole === null || isEmpty(part)) return false
    if (!isList(whole)) {
      const text = textArg(args, 0, context)
      const searched = textArg(args, 1, context)
      return text !== null && searched !== null && text.toLowerCase().includes(searched.toLowerCase())
    }
    const wanted = isList(part) ? part : [part]
    context.spend((countValues(whole) + 1) * countValues(wanted))
    return wanted.every((item) => whole.some((candidate) => looseEquals(candidate, item)))
  },
}

const text: ExpressionFunction = {
  name: 'text',
  signature: 'text(value)',
  description: "Any value as it reads in mixed text: a list as 'a, b', nothing as empty text.",
  example: 'text(42)',
  minArgs: 1,
  maxArgs: 1,
  call(args, context) {
    context.spendOnAll(args[0])
    return toText(args[0])
  },
}

const json: ExpressionFunction = {
  name: 'json',
  signature: 'json(value)',
  description: 'A value as JSON, for use inside a JSON body.',
  example: "json(['a', 'b'])",
  minArgs: 1,
  maxArgs: 1,
  call(args, context) {
    context.spendOnAll(args[0])
    const value = toJson(args[0])
    return value === '' ? mismatch(context, 0, 'something that JSON can hold') : value
  },
}

export const TEXT_FUNCTIONS: readonly ExpressionFunction[] = [
  onText('upper', 'The text in capital letters.', "upper('kantos')", (value) => value.toUpperCase()),
  onText('lower', 'The text in small letters.', "lower('KANTOS')", (value) => value.toLowerCase()),
  onText('capitalize', 'The text with its first letter as a capital.', "capitalize('kantos')", capitalize),
  onText('trim', 'The text without blanks at both ends.', "trim('  kantos ')", (value) => value.trim()),
  replace,
  split,
  join,
  substring,
  length,
  contains,
  text,
  json,
]
