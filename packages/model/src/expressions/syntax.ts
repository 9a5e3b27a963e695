// The syntax tree. `start` and `end` are 0-based offsets in the whole source.

interface Place {
  readonly start: number
  readonly end: number
}

export interface LiteralNode extends Place {
  readonly kind: 'literal'
  readonly value: string | number | boolean | null
}

/** A name with everything about the way that is known without data: `steps.find.records[0].name`. */
export interface PathNode extends Place {
  readonly kind: 'path'
  readonly root: string
  readonly keys: readonly (string | number)[]
}

/** A step whose key, or whose object, is only known with data: `list[index]`, `first(list).name`. */
export interface IndexNode extends Place {
  readonly kind: 'index'
  readonly object: Node
  readonly key: Node
}

export interface CallNode extends Place {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Node[]
}

export interface UnaryNode extends Place {
  readonly kind: 'unary'
  readonly operator: '-' | '+' | '!'
  readonly operand: Node
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '&&' | '||' | '??'

export interface BinaryNode extends Place {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Node
  readonly right: Node
}

export interface ConditionalNode extends Place {
  readonly kind: 'conditional'
  readonly test: Node
  readonly then: Node
  readonly otherwise: Node
}

export interface ListNode extends Place {
  readonly kind: 'list'
  readonly items: readonly Node[]
}

export type Node = LiteralNode | PathNode | IndexNode | CallNode | UnaryNode | BinaryNode | ConditionalNode | ListNode
