import { Button, Textarea, TextInput } from '@mantine/core'
import { useRef } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { fieldErrors } from '../../lib/error-words.ts'
import { useObject } from '../../lib/objects.ts'
import { emailStrings } from '../../strings/emails.ts'
import classes from './template-editor.module.css'

const words = emailStrings.templates
const ALWAYS = ['user.name', 'now', 'today']

export interface TemplateTexts {
  name: string
  subject: string
  html: string
  text: string
}

interface TemplateFormProps {
  texts: TemplateTexts
  onChange: (texts: TemplateTexts) => void
  /** slug of the object whose fields are offered */
  object: string | null
  error: unknown
  readOnly: boolean
}

type Part = 'subject' | 'html' | 'text'

/** Name, subject, HTML and text; a click on a name puts its placeholder where one writes. */
export function TemplateForm({ texts, onChange, object, error, readOnly }: TemplateFormProps) {
  const definition = useObject(object)
  const errors = fieldErrors(error)
  const last = useRef<{ part: Part; input: HTMLInputElement | HTMLTextAreaElement } | null>(null)
  const names = [...(definition?.fields.map(({ slug }) => `record.${slug}`) ?? []), ...ALWAYS]

  function insert(name: string): void {
    const placeholder = `{{${name}}}`
    const { part, input } = last.current ?? { part: 'html' as const, input: null }
    const at = input?.selectionStart ?? texts[part].length
    const to = input?.selectionEnd ?? at
    onChange({ ...texts, [part]: texts[part].slice(0, at) + placeholder + texts[part].slice(to) })
    requestAnimationFrame(() => {
      input?.focus()
      input?.setSelectionRange(at + placeholder.length, at + placeholder.length)
    })
  }
  const bind = (part: Part) => ({
    value: texts[part],
    error: errors[part],
    readOnly,
    onFocus: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
      last.current = { part, input: event.currentTarget }
    },
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ ...texts, [part]: event.currentTarget.value }),
  })

  return (
    <div className={classes.form}>
      <ErrorNote error={error} />
      <TextInput
        label={words.name}
        required
        readOnly={readOnly}
        value={texts.name}
        error={errors['name']}
        onChange={(event) => onChange({ ...texts, name: event.currentTarget.value })}
      />
      <TextInput label={words.subject} {...bind('subject')} />
      <Textarea
        label={words.html}
        autosize
        minRows={12}
        maxRows={28}
        spellCheck={false}
        classNames={{ input: classes.code }}
        {...bind('html')}
      />
      <Textarea label={words.text} description={words.textHint} autosize minRows={3} maxRows={16} {...bind('text')} />
      {!readOnly && (
        <section aria-label={words.variables}>
          <strong>{words.variables}</strong>
          <div>{words.variablesHint}</div>
          <div className={classes.names}>
            {names.map((name) => (
              <Button key={name} variant="default" size="compact-xs" ff="monospace" onClick={() => insert(name)}>
                {name}
              </Button>
            ))}
          </div>
        </section>
      )}
    </div>
  )
}
