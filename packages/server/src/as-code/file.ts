import type { Problem } from '@kantos/model'
import { Document, isNode, LineCounter, parseDocument } from 'yaml'
import type { Content } from './content.ts'
import { mergeInto, nodeOf } from './merge.ts'
import type { Kind } from './state.ts'

/** A problem of a file: where, and what. */
export interface FileProblem {
  /** path as it was found: `automations/welcome.yaml` */
  file: string
  /** from 1 */
  line: number
  message: string
  hint?: string
}

/** A file that was read, and could be. */
export interface SourceFile {
  kind: Kind
  path: string
  text: string
  document: Document
  lines: LineCounter
  content: Content
}

const LAYOUT = { lineWidth: 0, indentSeq: true } as const

/**
 * Reads the text of a file; YAML, and so JSON too.
 *
 * @returns its content, or what is wrong with it
 */
export function parseFile(kind: Kind, path: string, text: string): SourceFile | FileProblem[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  if (document.errors.length > 0)
    return document.errors.map(({ code, message, pos }) => ({
      file: path,
      line: lines.linePos(pos[0]).line,
      message: code === 'MULTIPLE_DOCS' ? `a file holds one ${kind}; another begins here, behind ---` : message,
    }))
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return [{ file: path, line: 1, message: error instanceof Error ? error.message : String(error) }]
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return [{ file: path, line: 1, message: `a file holds one ${kind}: keys and values` }]
  return { kind, path, text, document, lines, content: content as Content }
}

/** Where a problem of a file's content stands in the file. */
export function locate(file: SourceFile, { path, message, hint }: Problem): FileProblem {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  let line = 1
  for (let length = keys.length; length >= 0; length--) {
    const node = file.document.getIn(keys.slice(0, length), true)
    if (!isNode(node) || node.range == null) continue
    line = file.lines.linePos(node.range[0]).line
    break
  }
  return { file: file.path, line, message, ...(hint === undefined ? {} : { hint }) }
}

/**
 * The text of a file that holds a content.
 *
 * @param before the file as it is, whose comments and order are kept; null: a new one
 * @param schemaUrl what editors complete it by
 */
export function printFile(content: Content, before: SourceFile | null, schemaUrl: string): string {
  if (before !== null) {
    mergeInto(before.document, content)
    return before.document.toString(LAYOUT)
  }
  const document = new Document()
  document.contents = nodeOf(document, content) as never
  return `# yaml-language-server: $schema=${schemaUrl}\n${document.toString(LAYOUT)}`
}
