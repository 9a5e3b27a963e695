import type { FieldAnswer } from '@kantos/model'
import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { FieldInput } from '../../components/field-input.tsx'
import { takeKeptKeys } from '../../lib/kept-keys.ts'
import { recordStrings as words } from '../../strings/records.ts'
import classes from './records-grid.module.css'

export interface CellEditorProps {
  field: FieldAnswer
  value: unknown
  /** undefined: nothing changed */
  onDone: (change?: { value: unknown }) => void
}

/** Types whose value is picked: choosing one ends the editing. */
const PICKED: ReadonlySet<FieldAnswer['type']> = new Set(['status', 'dropdown', 'boolean', 'user', 'reference'])

/** Edits a value in its place: Enter or leaving it saves, Escape doesn't. */
export default function CellEditor({ field, value, onDone }: CellEditorProps) {
  const [draft, setDraft] = useState(value)
  const box = useRef<HTMLDivElement>(null)
  const ended = useRef(false)

  useEffect(() => {
    const input = box.current?.querySelector<HTMLInputElement>('input:not([type="hidden"]), textarea')
    input?.focus()
    if (input !== null && input !== undefined && input.type !== 'datetime-local' && input.type !== 'date')
      input.select()
    const typed = takeKeptKeys()
    if (PICKED.has(field.type)) input?.click()
    // as if it had been typed now: over what is selected, and through the input's own rules
    else if (typed !== '') document.execCommand('insertText', false, typed)
  }, [field.type])

  function end(change?: { value: unknown }): void {
    if (ended.current) return
    ended.current = true
    onDone(change !== undefined && change.value !== value ? change : undefined)
  }
  function keyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.stopPropagation()
      end()
    } else if (event.key === 'Enter' && !PICKED.has(field.type) && field.type !== 'multi_select') {
      if (field.type === 'long_text' && !event.ctrlKey) return
      event.preventDefault()
      end({ value: draft })
    } else if (event.key === 'Tab') end(PICKED.has(field.type) ? undefined : { value: draft })
  }
  function blur(event: FocusEvent): void {
    if (box.current?.contains(event.relatedTarget)) return
    end(PICKED.has(field.type) ? undefined : { value: draft })
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- it only hears what bubbles from its input
    <div ref={box} className={classes.editor} onKeyDown={keyDown} onBlur={blur}>
      <FieldInput
        field={field}
        value={draft}
        aria-label={words.edit(field.name)}
        size="xs"
        onChange={(next) => {
          setDraft(next)
          if (PICKED.has(field.type)) end({ value: next })
        }}
      />
    </div>
  )
}
