import { ExpressionError } from './error.ts'
import { FUNCTIONS, closestFunction } from './functions.ts'
import { MAX_DEPTH, MAX_NODES } from './limits.ts'
import type { BinaryOperator, Node, PathNode } from './syntax.ts'
import { tokenize, type Token } from './tokens.ts'

/** A path that is known without data; `column` is where its root begins. */
export interface PathUse {
  root: string
  path: readonly (string | number)[]
  column: number
}

export interface Parsed {
  readonly node: Node
  readonly paths: readonly PathUse[]
  readonly functions: readonly string[]
  /** Offset just behind the expression, before `}}`. */
  readonly end: number
}

/** How tightly each operator binds, as in JavaScript; `??` binds like `||`. */
const BINDING: ReadonlyMap<string, number> = new Map([
  ['?', 1],
  ['??', 2],
  ['||', 2],
  ['&&', 3],
  ['==', 4],
  ['!=', 4],
  ['<', 5],
  ['<=', 5],
  ['>', 5],
  ['>=', 5],
  ['+', 6],
  ['-', 6],
  ['*', 7],
  ['/', 7],
  ['%', 7],
])

const KEYWORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
])

const WORD_OPERATORS: ReadonlyMap<string, string> = new Map([
  ['and', 'write &&'],
  ['or', 'write ||'],
  ['not', 'write !'],
  ['is', 'write =='],
  ['in', 'write contains(list, item)'],
  ['if', "write condition ? 'this' : 'that'"],
])

/**
 * Parses one expression (Pratt's method: each operator knows how tightly it binds).
 *
 * @param source the whole source
 * @param from offset of the expression's first character
 * @param inBraces true inside `{{ … }}`
 * @returns the syntax tree with the paths and functions it names, in order of appearance
 * @throws ExpressionError with what was expected and the column; also over 64 levels or 2,000 nodes, for an unknown
 * function, and for `secrets.<name>` anywhere but alone in a placeholder
 * Source: SPEC.md, section 7
 */
export function parse(source: string, from: number, inBraces: boolean): Parsed {
  const { tokens, end } = tokenize(source, from, inBraces)
  const parser = new Parser(source, tokens, inBraces)
  const node = parser.whole()
  const paths: PathUse[] = []
  collectPaths(node, paths)
  const secret = paths.find((path) => path.root === 'secrets')
  if (secret !== undefined && (secretName(node) === null || !inBraces)) {
    throw new ExpressionError('a secret can only stand in a placeholder by itself', secret.column, {
      end: secret.column + 'secrets'.length,
      hint: 'write {{secrets.name}} with nothing else between the braces; text may stand around it: Bearer {{secrets.name}}',
    })
  }
  return { node, paths, functions: [...parser.functions], end }
}

function collectPaths(node: Node, paths: PathUse[]): void {
  if (node.kind === 'path') paths.push({ root: node.root, path: node.keys, column: node.start + 1 })
  else for (const part of partsOf(node)) collectPaths(part, paths)
}

/** The nodes directly inside a node, in order of appearance. */
export function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'index':
      return [node.object, node.key]
    case 'call':
      return node.args
    case 'unary':
      return [node.operand]
    case 'binary':
      return [node.left, node.right]
    case 'conditional':
      return [node.test, node.then, node.otherwise]
    case 'list':
      return node.items
    default:
      return []
  }
}

/** The secret's name if the expression is `secrets.<name>` and nothing else. */
export function secretName(node: Node): string | null {
  const isSecret = node.kind === 'path' && node.root === 'secrets' && node.keys.length === 1
  return isSecret && typeof node.keys[0] === 'string' ? node.keys[0] : null
}

class Parser {
  readonly functions = new Set<string>()
  readonly source: string
  readonly tokens: readonly Token[]
  readonly inBraces: boolean
  position = 0
  depth = 0
  nodes = 0

  constructor(source: string, tokens: readonly Token[], inBraces: boolean) {
    this.source = source
    this.tokens = tokens
    this.inBraces = inBraces
  }

  whole(): Node {
    if (this.peek().kind === 'end') throw this.unexpected(this.peek(), 'an expression, such as record.name')
    const node = this.expression(0)
    if (this.peek().kind !== 'end')
      throw this.unexpected(this.peek(), this.inBraces ? "an operator or '}}'" : 'an operator')
    return node
  }

  expression(binding: number): Node {
    this.enter()
    let left = this.prefix()
    for (;;) {
      const token = this.peek()
      const strength = token.kind === 'operator' ? BINDING.get(token.text) : undefined
      if (strength === undefined || strength <= binding) break
      this.refuseDashedHeader(left, token)
      this.position += 1
      left = token.text === '?' ? this.conditional(left) : this.binary(token.text as BinaryOperator, left, strength)
    }
    this.depth -= 1
    return left
  }

  binary(operator: BinaryOperator, left: Node, strength: number): Node {
    const right = this.expression(strength)
    return this.made({ kind: 'binary', operator, left, right, start: left.start, end: right.end })
  }

  conditional(test: Node): Node {
    const then = this.expression(0)
    this.expect(':', "':' and the value for the other case")
    const otherwise = this.expression(0)
    return this.made({ kind: 'conditional', test, then, otherwise, start: test.start, end: otherwise.end })
  }

  prefix(): Node {
    const token = this.next()
    if (token.kind === 'number' || token.kind === 'text') {
      return this.postfix(this.made({ kind: 'literal', value: token.value, start: token.start, end: token.end }))
    }
    if (token.kind === 'name') return this.postfix(this.name(token))
    switch (token.text) {
      case '-':
      case '+':
      case '!': {
        this.enter()
        const operand = this.prefix()
        this.depth -= 1
        return this.made({ kind: 'unary', operator: token.text, operand, start: token.start, end: operand.end })
      }
      case '(': {
        const inner = this.expression(0)
        this.expect(')', "')' to close the parenthesis")
        return this.postfix(inner)
      }
      case '[': {
        const items = this.items(']', "',' or ']' in the list")
        return this.postfix(this.made({ kind: 'list', items, start: token.start, end: this.behind() }))
      }
      default:
        throw this.unexpected(token, 'a value')
    }
  }

  name(token: Token): Node {
    const place = { start: token.start, end: token.end }
    if (this.isNext('(')) return this.call(token)
    const keyword = KEYWORDS.get(token.text)
    if (keyword !== undefined) return this.made({ kind: 'literal', value: keyword, ...place })
    return this.made({ kind: 'path', root: token.text, keys: [], ...place })
  }

  call(token: Token): Node {
    const known = FUNCTIONS.get(token.text)
    if (known === undefined) {
      const hint = closestFunction(token.text)
      throw new ExpressionError(`there is no function ${token.text}`, token.start + 1, { end: token.end + 1, hint })
    }
    this.functions.add(known.name)
    this.position += 1
    const args = this.items(')', `',' or ')' in the arguments of ${known.name}`)
    const place = { start: token.start, end: this.behind() }
    const report = { end: place.end + 1, hint: `${known.signature}, for example ${known.example}` }
    if (args.length < known.minArgs || args.length > known.maxArgs) {
      const count = `${args.length} ${args.length === 1 ? 'argument' : 'arguments'}`
      throw new ExpressionError(`${known.name} can't take ${count}`, place.start + 1, report)
    }
    args.forEach((arg, index) => {
      if (arg.kind !== 'literal') return
      const problem = known.check?.(arg.value, index) ?? null
      if (problem !== null) throw new ExpressionError(problem, arg.start + 1, { ...report, end: arg.end + 1 })
    })
    return this.made({ kind: 'call', name: known.name, args, ...place })
  }

  /** Items up to the closing token, which is consumed. */
  items(closing: string, expected: string): Node[] {
    const items: Node[] = []
    if (!this.isNext(closing)) {
      do items.push(this.expression(0))
      while (this.take(','))
    }
    this.expect(closing, expected)
    return items
  }

  /** Steps behind a value: `.name`, `.0`, `[0]`, `['x-source']`, `[index]`. */
  postfix(start: Node): Node {
    let node = start
    for (;;) {
      if (this.take('.')) {
        const token = this.next()
        if (token.kind !== 'name' && token.kind !== 'number') throw this.unexpected(token, "a name after '.'")
        node = this.step(node, { kind: 'literal', value: token.value, start: token.start, end: token.end })
      } else if (this.take('[')) {
        const key = this.expression(0)
        this.expect(']', "']'")
        node = this.step(node, key)
      } else break
    }
    if (this.isNext('(')) {
      const method = node.kind === 'path' ? String(node.keys.at(-1) ?? node.root) : 'this'
      const token = this.peek()
      const message = `${method} can't be called: values have no methods`
      const hint = closestFunction(method)
      throw new ExpressionError(message, token.start + 1, { end: token.end + 1, hint })
    }
    return node
  }

  step(object: Node, key: Node): Node {
    const end = this.behind()
    if (object.kind === 'path' && isStaticKey(key)) {
      const keys = [...object.keys, key.value]
      return this.made({ kind: 'path', root: object.root, keys, start: object.start, end })
    }
    return this.made({ kind: 'index', object, key, start: object.start, end })
  }

  /** `webhook.headers.x-source` would silently be a subtraction. */
  refuseDashedHeader(left: Node, token: Token): void {
    if (token.text !== '-' || left.kind !== 'path' || left.root !== 'webhook' || left.keys[0] !== 'headers') return
    const after = this.tokens[this.position + 1]
    if (left.keys.length < 2 || left.end !== token.start || after?.kind !== 'name' || after.start !== token.end) return
    const name = /^[\w-]+/.exec(this.source.slice(left.end - String(left.keys.at(-1)).length))?.[0] ?? ''
    throw new ExpressionError('a name with a dash needs brackets', left.start + 1, {
      end: after.end + 1,
      hint: `write webhook.headers['${name}']`,
    })
  }

  enter(): void {
    this.depth += 1
    if (this.depth <= MAX_DEPTH) return
    const hint = `the limit is ${MAX_DEPTH} levels`
    throw new ExpressionError('the expression is nested too deeply', this.peek().start + 1, { hint })
  }

  made<T extends Node>(node: T): T {
    this.nodes += 1
    if (this.nodes <= MAX_NODES) return node
    const hint = `the limit is ${MAX_NODES} parts`
    throw new ExpressionError('the expression has too many parts', node.start + 1, { hint })
  }

  peek(): Token {
    return this.tokens[this.position]!
  }

  next(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.position += 1
    return token
  }

  isNext(text: string): boolean {
    const token = this.peek()
    return token.kind === 'operator' && token.text === text
  }

  take(text: string): boolean {
    if (!this.isNext(text)) return false
    this.position += 1
    return true
  }

  expect(text: string, expected: string): void {
    if (!this.take(text)) throw this.unexpected(this.peek(), expected)
  }

  /** Offset just behind the token consumed last. */
  behind(): number {
    return this.tokens[this.position - 1]?.end ?? 0
  }

  wordBefore(token: Token): string {
    const before = this.tokens[this.tokens.indexOf(token) - 1]
    return before?.kind === 'name' ? before.text : ''
  }

  unexpected(token: Token, expected: string): ExpressionError {
    const found = token.kind === 'end' ? token.text : `'${token.text}'`
    const word = token.kind === 'name' ? token.text : ''
    const hint = WORD_OPERATORS.get(word) ?? WORD_OPERATORS.get(this.wordBefore(token))
    const more = { end: token.end + 1, ...(hint === undefined ? {} : { hint }) }
    return new ExpressionError(`expected ${expected}, found ${found}`, token.start + 1, more)
  }
}

function isStaticKey(key: Node): key is Node & { kind: 'literal'; value: string | number } {
  if (key.kind !== 'literal') return false
  return typeof key.value === 'string' || (typeof key.value === 'number' && Number.isInteger(key.value))
}

/** How a path is written: `steps.find.records[0].name`, `webhook.headers['x-source']`. */
export function pathText(path: PathNode): string {
  let text = path.root
  for (const key of path.keys) {
    if (typeof key === 'number') text += `[${key}]`
    else text += /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `['${key.replace(/['\\]/g, '\\$&')}']`
  }
  return text
}
