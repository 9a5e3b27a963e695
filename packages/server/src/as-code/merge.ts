import { isDeepStrictEqual } from 'node:util'
import { type Document, isMap, isScalar, isSeq, type Node, Scalar, type YAMLMap, type YAMLSeq } from 'yaml'

type Plain = Record<string, unknown>

/**
 * Brings the content of a YAML document to a value, with as little change as can be: comments, the order of keys and the way
 * texts are written stay wherever the value does.
 *
 * @param value plain data
 */
export function mergeInto(document: Document, value: Plain): void {
  document.contents = merged(document, document.contents as Node | null, value) as never
}

function merged(document: Document, node: Node | null, value: unknown): Node {
  if (node !== null && isDeepStrictEqual(node.toJS(document), value)) return node
  if (isMap(node) && isPlain(value)) return mergedMap(document, node, value)
  if (isSeq(node) && Array.isArray(value)) return mergedList(document, node, value)
  if (isScalar(node) && isPrimitive(value)) {
    const fresh = nodeOf(document, value) as Scalar
    if (node.comment != null) fresh.comment = node.comment
    if (node.commentBefore != null) fresh.commentBefore = node.commentBefore
    if (node.spaceBefore === true) fresh.spaceBefore = true
    return fresh
  }
  const fresh = nodeOf(document, value)
  if (node?.commentBefore != null) fresh.commentBefore = node.commentBefore
  return fresh
}

function mergedMap(document: Document, map: YAMLMap, value: Plain): Node {
  map.items = map.items.filter(({ key }) => Object.hasOwn(value, keyText(key)))
  for (const pair of map.items) pair.value = merged(document, pair.value as Node | null, value[keyText(pair.key)])
  const known = new Set(map.items.map(({ key }) => keyText(key)))
  // a new key goes behind the one that it follows in the value
  let at = 0
  for (const key of Object.keys(value)) {
    const found = map.items.findIndex((pair) => keyText(pair.key) === key)
    if (known.has(key)) at = found + 1
    else map.items.splice(at++, 0, document.createPair(key, nodeOf(document, value[key])) as never)
  }
  return map
}

/** Entries that carry a key of their own are the same wherever they stand; others are by their place. */
function mergedList(document: Document, list: YAMLSeq, value: readonly unknown[]): Node {
  const [first] = list.items as Node[]
  // what stands above the first entry is about that one, wherever it goes
  if (first !== undefined && list.commentBefore != null && first.commentBefore == null) {
    first.commentBefore = list.commentBefore
    list.commentBefore = undefined
  }
  const old = (list.items as Node[]).map((node) => ({ node, id: identity(node.toJS(document)) }))
  const used = new Set<Node>()
  list.items = value.map((item, index) => {
    const id = identity(item)
    const same =
      id === null
        ? (old.find(({ node }) => !used.has(node) && isDeepStrictEqual(node.toJS(document), item)) ??
          (old[index]?.id === null ? old[index] : undefined))
        : old.find((one) => one.id === id)
    if (same === undefined || used.has(same.node)) return nodeOf(document, item)
    used.add(same.node)
    return merged(document, same.node, item)
  })
  return list
}

function identity(item: unknown): string | null {
  if (!isPlain(item)) return null
  const id = item.key ?? item.slug
  return typeof id === 'string' ? id : null
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key)
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

/** A value as it is written anew: texts of several lines as blocks. */
export function nodeOf(document: Document, value: unknown): Node {
  const node = document.createNode(value, { aliasDuplicateObjects: false }) as Node
  asBlocks(node)
  return node
}

/** Whether a text survives as a block: one that begins with a space, or has lines of nothing but spaces, does not. */
function isBlock(text: string): boolean {
  return /^\S/.test(text) && !/\n[ \t]+(?:\n|$)/.test(text) && !/[^\n\t\P{Cc}]/u.test(text)
}

function asBlocks(node: unknown): void {
  if (isScalar(node)) {
    if (typeof node.value === 'string' && /[\n\r]/.test(node.value))
      node.type = isBlock(node.value) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE
  } else if (isMap(node)) for (const { value } of node.items) asBlocks(value)
  else if (isSeq(node)) for (const item of node.items) asBlocks(item)
}
