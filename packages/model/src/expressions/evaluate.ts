import { leadsOn } from '../ids.ts'
import type { Evaluation } from './evaluation.ts'
import { FUNCTIONS } from './functions.ts'
import { negate, OPERATORS, type Operand } from './operators.ts'
import { partsOf, pathText } from './parse.ts'
import type { BinaryNode, CallNode, Node, PathNode } from './syntax.ts'
import { admit, isTruthy, readMember } from './values.ts'

/** A compiled node: gives JSON data, null for what is missing; throws only when a limit is passed. */
export type Evaluate = (evaluation: Evaluation) => unknown

/**
 * Turns a syntax tree into closures. Nothing is generated or interpreted as code: each closure reads own properties of
 * plain data, or calls a function of ours.
 *
 * @param node the tree; at most 2,000 nodes, so the depth of calls is bounded too
 * @param source what it was parsed from, for remarks
 * Source: SPEC.md, section 7
 */
export function compileNode(node: Node, source: string): Evaluate {
  switch (node.kind) {
    case 'literal': {
      const { value } = node
      return () => value
    }
    case 'path':
      return compilePath(node)
    case 'index': {
      const object = compileNode(node.object, source)
      const key = compileNode(node.key, source)
      return (evaluation) => step(object(evaluation), key(evaluation), evaluation)
    }
    case 'list': {
      const items = node.items.map((item) => compileNode(item, source))
      return (evaluation) => items.map((item) => item(evaluation))
    }
    case 'unary': {
      const operand = compileNode(node.operand, source)
      const { operator } = node
      if (operator === '!') return (evaluation) => !isTruthy(operand(evaluation))
      const name = operandOf(node.operand, source)
      return (evaluation) => negate(operand(evaluation), operator, name, evaluation)
    }
    case 'conditional': {
      const test = compileNode(node.test, source)
      const then = compileNode(node.then, source)
      const otherwise = compileNode(node.otherwise, source)
      return (evaluation) => (isTruthy(test(evaluation)) ? then(evaluation) : otherwise(evaluation))
    }
    case 'binary':
      return compileBinary(node, source)
    case 'call':
      return compileCall(node, source)
  }
}

function compilePath(path: PathNode): Evaluate {
  const { root, keys } = path
  if (keys.length === 0) return (evaluation) => readRoot(root, evaluation)
  if (keys.length === 1) {
    const key = keys[0]!
    return (evaluation) => step(readRoot(root, evaluation), key, evaluation)
  }
  return (evaluation) => {
    let value = readRoot(root, evaluation)
    for (const key of keys) {
      if (value === null) return null
      value = step(value, key, evaluation)
    }
    return value
  }
}

function readRoot(root: string, evaluation: Evaluation): unknown {
  const { scope, variables } = evaluation
  if (Object.hasOwn(scope, root)) return admit(scope[root])
  return variables === null ? null : readMember(variables, root)
}

/** One step of a path; from the id of a record or a user it leads into that one. */
function step(object: unknown, key: unknown, evaluation: Evaluation): unknown {
  if (typeof object !== 'string') return readMember(object, key)
  if (evaluation.follow === undefined || typeof key !== 'string' || !leadsOn(object)) return null
  return readMember(evaluation.follow(object) ?? null, key)
}

function compileBinary(node: BinaryNode, source: string): Evaluate {
  const left = compileNode(node.left, source)
  const right = compileNode(node.right, source)
  switch (node.operator) {
    case '&&':
      return (evaluation) => {
        const value = left(evaluation)
        return isTruthy(value) ? right(evaluation) : value
      }
    case '||':
      return (evaluation) => {
        const value = left(evaluation)
        return isTruthy(value) ? value : right(evaluation)
      }
    case '??':
      return (evaluation) => left(evaluation) ?? right(evaluation)
  }
  const operate = OPERATORS.get(node.operator)!
  const [leftOperand, rightOperand] = [operandOf(node.left, source), operandOf(node.right, source)]
  const column = node.start + 1
  return (evaluation) => {
    const a = left(evaluation)
    const b = right(evaluation)
    evaluation.column = column
    return operate(a, b, leftOperand, rightOperand, evaluation)
  }
}

function compileCall(node: CallNode, source: string): Evaluate {
  const { call } = FUNCTIONS.get(node.name)!
  const args = node.args.map((arg) => compileNode(arg, source))
  const argNames = node.args.map((arg) => operandOf(arg, source).name)
  const column = node.start + 1
  return (evaluation) => {
    const values = args.map((arg) => arg(evaluation))
    evaluation.column = column
    evaluation.argNames = argNames
    for (const value of values) evaluation.spendOn(value)
    const result = call(values, evaluation)
    if (typeof result === 'string') evaluation.reserve(result.length)
    return result
  }
}

function operandOf(node: Node, source: string): Operand {
  if (node.kind === 'path') return { name: pathText(node) }
  const text = source.slice(node.start, node.end)
  return { name: text.length > 60 ? `${text.slice(0, 59)}…` : text }
}

/**
 * Names what is missing when an expression gave nothing: the empty paths it was made of, or else the expression.
 *
 * @param read evaluates a part again, without leaving remarks
 */
export function missingNames(node: Node, source: string, read: (part: Node) => unknown): string[] {
  const names: string[] = []
  blame(node, read, names)
  return names.length > 0 ? names : [operandOf(node, source).name]
}

function blame(node: Node, read: (part: Node) => unknown, names: string[]): void {
  if (node.kind === 'path') {
    if (read(node) === null) names.push(pathText(node))
  } else if (node.kind === 'conditional') {
    blame(isTruthy(read(node.test)) ? node.then : node.otherwise, read, names)
  } else {
    for (const part of partsOf(node)) blame(part, read, names)
  }
}
