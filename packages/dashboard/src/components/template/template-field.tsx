import { autocompletion, closeBrackets, startCompletion } from '@codemirror/autocomplete'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap, placeholder as placeholderOf, tooltips } from '@codemirror/view'
import { ActionIcon, Input, Tooltip } from '@mantine/core'
import { IconBraces } from '@tabler/icons-react'
import { minimalSetup } from 'codemirror'
import { type CSSProperties, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import { takeKeptKeys } from '../../lib/kept-keys.ts'
import { strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import { problemLine } from '../editor/problem-words.ts'
import { acceptKeys } from './accept-keys.ts'
import { completions } from './complete.ts'
import { highlight, look, syntaxError } from './highlight.ts'
import { Rendered } from './rendered.tsx'
import classes from './template-field.module.css'

export interface TemplateFieldProps {
  value: string
  onChange(value: string): void
  label: string
  /** where its problems are looked up: `/config/to` */
  path?: string
  description?: ReactNode
  placeholder?: string
  multiline?: boolean
  /** lines that a multiline field shows, at least and at most */
  lines?: readonly [least: number, most: number]
  /** its tags are coloured too */
  html?: boolean
  /** shows below what it renders to; where a preview does, it needn't */
  showResult?: boolean
  /** the whole text is an expression, without braces or as one placeholder */
  bare?: boolean
  /** `{{secrets.…}}` may stand here */
  allowSecrets?: boolean
  required?: boolean
  hideLabel?: boolean
  error?: string
  right?: ReactNode
  /** it takes the keyboard when it is made, with what was typed while it was loaded */
  beginsFocused?: boolean
}

/**
 * A text with `{{ placeholders }}`: coloured, completed with sample values, and shown as it renders.
 * Source: SPEC.md, section 13
 */
export function TemplateField(props: TemplateFieldProps) {
  const { value, label, path, description, multiline = false, bare = false, required = false, right } = props
  const { lines = [5, 16], showResult = true, html = false } = props
  const id = useId()
  const found = useProblem(path, true)
  const [begun, setBegun] = useState<string | null>(null)
  const { readOnly } = useEditor()
  const host = useRef<HTMLDivElement>(null)
  const view = useEditorView(host, props, id)
  const broken = useMemo(() => syntaxError(value, bare), [value, bare])
  // while it is typed, what isn't finished yet is not called wrong
  const isTyping = begun !== null && begun !== value
  const problem = isTyping ? undefined : found
  const syntax = isTyping ? null : broken
  const error =
    props.error ??
    (syntax === null
      ? problem
      : problemLine({
          path: path ?? '',
          message: syntax.message,
          ...(syntax.hint === undefined ? {} : { hint: syntax.hint }),
        }))

  useEffect(() => {
    const editor = view.current
    if (editor === null || editor.state.doc.toString() === value) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
  }, [value, view])

  const insert = (): void => {
    const editor = view.current
    if (editor === null) return
    const { from, to } = editor.state.selection.main
    const before = editor.state.sliceDoc(0, from)
    const inside = bare || before.lastIndexOf('{{') > before.lastIndexOf('}}')
    if (!inside) editor.dispatch({ changes: { from, to, insert: '{{}}' }, selection: { anchor: from + 2 } })
    editor.focus()
    startCompletion(editor)
  }

  return (
    <Input.Wrapper
      label={props.hideLabel === true ? undefined : label}
      labelElement="div"
      labelProps={{ id: `${id}-label`, onClick: () => view.current?.focus() }}
      description={description}
      descriptionProps={{ id: `${id}-description` }}
      error={error}
      errorProps={{ id: `${id}-error` }}
      withAsterisk={required}
      size="sm"
      data-item
      data-path={path}
    >
      <div
        className={classes['box']}
        data-multiline={multiline || undefined}
        data-html={html || undefined}
        style={{ '--k-least-lines': lines[0], '--k-most-lines': lines[1] } as CSSProperties}
        data-error={error !== undefined || undefined}
        data-readonly={readOnly || undefined}
        data-described={description === undefined ? undefined : true}
      >
        <div ref={host} className={classes['editor']} onFocus={() => setBegun(value)} onBlur={() => setBegun(null)} />
        <div className={classes['right']}>
          {right}
          {readOnly ? null : (
            <Tooltip label={strings.insertValue}>
              <ActionIcon size="sm" aria-label={`${strings.insertValue}: ${label}`} onClick={insert}>
                <IconBraces size={15} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
      </div>
      {showResult && error === undefined && broken === null ? <Rendered source={value} bare={bare} /> : null}
    </Input.Wrapper>
  )
}

function useEditorView(host: React.RefObject<HTMLDivElement | null>, props: TemplateFieldProps, id: string) {
  const view = useRef<EditorView | null>(null)
  const editor = useEditor()
  const latest = useRef({ props, editor })
  latest.current = { props, editor }
  const access = useRef(new Compartment())

  useEffect(() => {
    const parent = host.current
    if (parent === null) return
    const { multiline = false, bare = false, html = false, label, placeholder, value, required } = latest.current.props
    const made = new EditorView({
      parent,
      state: EditorState.create({
        doc: value,
        extensions: [
          acceptKeys(bare),
          multiline ? [] : singleLine,
          minimalSetup,
          closeBrackets(),
          braces,
          autocompletion({
            override: [
              (context) => {
                const { names, secrets, scope } = latest.current.editor
                const allowSecrets = latest.current.props.allowSecrets === true
                return completions({ names, secrets, scope, allowSecrets, bare })(context)
              },
            ],
            icons: false,
            activateOnTyping: true,
            // what is in sight can be taken
            interactionDelay: 0,
            maxRenderedOptions: 100,
          }),
          tooltips({ position: 'fixed', parent: document.body }),
          highlight(bare, html),
          look,
          EditorView.lineWrapping,
          placeholder === undefined ? [] : placeholderOf(placeholder),
          access.current.of(accessOf(latest.current.editor.readOnly)),
          EditorView.contentAttributes.of({
            'aria-label': label,
            'aria-describedby': `${id}-description ${id}-error`,
            ...(required === true ? { 'aria-required': 'true' } : {}),
          }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return
            const text = update.state.doc.toString()
            if (text !== latest.current.props.value) latest.current.props.onChange(text)
          }),
        ],
      }),
    })
    view.current = made
    if (latest.current.props.beginsFocused === true) {
      made.focus()
      made.dispatch({ selection: { anchor: made.state.doc.length } })
      const typed = takeKeptKeys()
      if (!latest.current.editor.readOnly) made.dispatch(made.state.replaceSelection(typed))
    }
    return () => {
      made.destroy()
      view.current = null
    }
  }, [host, id])

  useEffect(() => {
    view.current?.dispatch({ effects: access.current.reconfigure(accessOf(editor.readOnly)) })
  }, [editor.readOnly])
  return view
}

const accessOf = (readOnly: boolean): Extension => [
  EditorState.readOnly.of(readOnly),
  EditorView.editable.of(!readOnly),
]

/** Line breaks that are typed or pasted become blanks; Enter only accepts a completion. */
const singleLine: Extension = [
  keymap.of([{ key: 'Enter', run: () => true }]),
  EditorState.transactionFilter.of((transaction) => {
    if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction
    const text = transaction.newDoc.toString().replaceAll(/\s*\n\s*/g, ' ')
    const changes = { from: 0, to: transaction.startState.doc.length, insert: text }
    return { changes, selection: { anchor: Math.min(text.length, transaction.newSelection.main.head) } }
  }),
]

/** Two opening braces bring the closing ones and the list of names. */
const braces = EditorView.inputHandler.of((view, from, to, text) => {
  if (text !== '{' || view.state.sliceDoc(from - 1, from) !== '{') return false
  const behind = view.state.sliceDoc(to, to + 2)
  const insert = behind === '}}' ? '{' : behind.startsWith('}') ? '{}' : '{}}'
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + 1 }, userEvent: 'input.type' })
  startCompletion(view)
  return true
})
