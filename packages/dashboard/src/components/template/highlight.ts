import { type Range, RangeSetBuilder } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { compileExpression, compileTemplate, ExpressionError } from '@kantos/model'

const TOKEN =
  /('(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?)|(\d+(?:\.\d+)?)|([\p{L}_][\p{L}\p{N}_]*)(?=\s*\()|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_]+)*)|(\{\{|\}\})|([+\-*/%=!<>&|?:]+)/gu
const CLASSES = ['cm-k-text', 'cm-k-number', 'cm-k-function', 'cm-k-name', 'cm-k-brace', 'cm-k-operator']

/** A tag of HTML, or the beginning of one; what stands in quotes may hold `>`. */
const TAG = /<\/?[a-z!][^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*>?|&[a-z0-9#]+;/gi

const marks = CLASSES.map((name) => Decoration.mark({ class: name }))
const block = Decoration.mark({ class: 'cm-k-block' })
const tag = Decoration.mark({ class: 'cm-k-tag' })
const wrong = Decoration.mark({ class: 'cm-k-wrong' })

/** Where the expressions of a text stand. */
function expressionsIn(text: string, bare: boolean): { from: number; to: number }[] {
  if (bare) return [{ from: 0, to: text.length }]
  const found: { from: number; to: number }[] = []
  for (let open = text.indexOf('{{'); open >= 0; ) {
    const close = text.indexOf('}}', open + 2)
    const to = close < 0 ? text.length : close + 2
    found.push({ from: open, to })
    open = text.indexOf('{{', to)
  }
  return found
}

/** What is wrong with a text's expressions, with where; null when nothing is. */
export function syntaxError(text: string, bare: boolean): ExpressionError | null {
  try {
    if (!bare) compileTemplate(text)
    else if (text.trim() !== '') compileExpression(text)
    return null
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
}

function decorate(view: EditorView, bare: boolean, html: boolean): DecorationSet {
  const text = view.state.doc.toString()
  const ranges: Range<Decoration>[] = []
  if (html) for (const found of text.matchAll(TAG)) ranges.push(tag.range(found.index, found.index + found[0].length))
  for (const { from, to } of expressionsIn(text, bare)) {
    if (!bare) ranges.push(block.range(from, to))
    for (const match of text.slice(from, to).matchAll(TOKEN)) {
      const kind = match.slice(1).findIndex((group) => group !== undefined)
      ranges.push(marks[kind]!.range(from + match.index, from + match.index + match[0].length))
    }
  }
  const error = text.length < 100_000 ? syntaxError(text, bare) : null
  if (error !== null) {
    const at = Math.min(Math.max(0, error.column - 1), Math.max(0, text.length - 1))
    const end = Math.min(text.length, Math.max(at + 1, (error.end ?? error.column + 1) - 1))
    if (end > at) ranges.push(wrong.range(at, end))
  }
  ranges.sort((a, b) => a.from - b.from || a.value.startSide - b.value.startSide)
  const builder = new RangeSetBuilder<Decoration>()
  for (const range of ranges) builder.add(range.from, range.to, range.value)
  return builder.finish()
}

/**
 * Colours placeholders, and underlines what is wrong in them.
 *
 * @param bare the whole text is an expression
 * @param html tags are coloured too
 */
export function highlight(bare: boolean, html: boolean) {
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet
      constructor(view: EditorView) {
        this.decorations = decorate(view, bare, html)
      }
      update(update: ViewUpdate): void {
        if (update.docChanged) this.decorations = decorate(update.view, bare, html)
      }
    },
    { decorations: (plugin) => plugin.decorations },
  )
}

/** The look of a field, from the theme's variables, so that it follows light and dark. */
export const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent', color: 'var(--k-text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'inherit', lineHeight: '20px', overflowX: 'auto' },
  '.cm-content': { padding: '7px 0', caretColor: 'var(--k-text)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-placeholder': { color: 'var(--mantine-color-placeholder)' },
  '.cm-cursor': { borderLeftColor: 'var(--k-text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--k-selected) !important' },
  '.cm-k-block': { backgroundColor: 'color-mix(in srgb, var(--k-accent) 9%, transparent)', borderRadius: '3px' },
  '.cm-k-tag': { color: 'var(--k-dimmed)' },
  '.cm-k-brace': { color: 'var(--k-accent-text)' },
  '.cm-k-name': { color: 'var(--k-accent-text)' },
  '.cm-k-function': { color: 'var(--k-info)' },
  '.cm-k-text': { color: 'var(--k-good)' },
  '.cm-k-number': { color: 'var(--k-warn)' },
  '.cm-k-operator': { color: 'var(--k-dimmed)' },
  '.cm-tooltip': {
    zIndex: '1000',
    border: '1px solid var(--k-border-strong)',
    borderRadius: '8px',
    backgroundColor: 'var(--k-raised)',
    color: 'var(--k-text)',
    boxShadow: 'var(--mantine-shadow-md)',
    fontSize: '12px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    minWidth: '300px',
    maxWidth: 'min(420px, 92vw)',
    maxHeight: '300px',
    padding: '4px',
    fontFamily: 'var(--mantine-font-family)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex',
    justifyContent: 'space-between',
    gap: '16px',
    padding: '4px 8px',
    borderRadius: '4px',
    lineHeight: '18px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--k-selected)',
    color: 'var(--k-text)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > completion-section': {
    display: 'block',
    padding: '8px 8px 4px',
    border: '0',
    opacity: '1',
    color: 'var(--k-dimmed)',
    fontSize: '11px',
  },
  '.cm-completionDetail': {
    overflow: 'hidden',
    marginLeft: '0',
    color: 'var(--k-dimmed)',
    fontStyle: 'normal',
    textOverflow: 'ellipsis',
  },
  '.cm-completionMatchedText': { color: 'var(--k-accent-text)', textDecoration: 'none' },
  // beside the list there is no room for it on a phone, and on the list it would hide the next names
  '@media (max-width: 48em)': { '.cm-tooltip.cm-completionInfo': { display: 'none' } },
  '.cm-tooltip.cm-completionInfo': {
    maxWidth: '300px',
    padding: '8px 12px',
    fontFamily: 'var(--mantine-font-family)',
    whiteSpace: 'pre-wrap',
  },
  '.cm-k-wrong': { textDecoration: 'underline wavy var(--k-bad)', textUnderlineOffset: '3px' },
})
