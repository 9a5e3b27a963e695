import { compileExpression, compileTemplate, ExpressionError, hasPlaceholder, toText } from '@kantos/model'
import { useMemo } from 'react'
import { dateTime } from '../../lib/time.ts'
import { strings } from '../../strings/editor.ts'
import { type EditorSetting, useEditor } from '../editor/context.tsx'
import classes from './template-field.module.css'

type Shown = { text: string; missing: string[] } | null

function render(source: string, bare: boolean, { scope, follow }: EditorSetting): Shown {
  try {
    const rendered = bare
      ? compileExpression(source).evaluate(scope, { follow })
      : compileTemplate(source).render(scope, { follow })
    const text = isListOfRecords(rendered.value) ? strings.items(rendered.value.length) : toText(rendered.value)
    return { text: text.length > 300 ? `${text.slice(0, 300)}…` : text, missing: rendered.missing }
  } catch (error) {
    if (error instanceof ExpressionError) return null
    throw error
  }
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:[\d.]+Z$/

/** Records as JSON say nothing to anybody: how many there are does. */
function isListOfRecords(value: unknown): value is object[] {
  return Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null)
}

/** What a template renders to with the sample; nothing for plain text, or while there is no sample. */
export function Rendered({ source, bare }: { source: string; bare: boolean }) {
  const editor = useEditor()
  const wanted = bare ? source.trim() !== '' : hasPlaceholder(source)
  const shown = useMemo(() => (wanted ? render(source, bare, editor) : null), [wanted, source, bare, editor])
  if (shown === null) return null
  const unknown = shown.missing.filter((name) => !/^(?:steps|webhook|item)\b/.test(name))
  return (
    <div className={classes['rendered']}>
      <span className={classes['arrow']}>{strings.rendered}</span>
      {shown.text === '' ? <i>{strings.renderedEmpty}</i> : <span className={classes['result']}>{shown.text}</span>}
      {INSTANT.test(shown.text) ? <span>{dateTime(shown.text)}</span> : null}
      {unknown.length > 0 ? <span className={classes['missing']}>{strings.missing(unknown.join(', '))}</span> : null}
    </div>
  )
}
