import { TextInput } from '@mantine/core'
import { lazy, Suspense, useMemo, useState } from 'react'
import { EditorProvider, type EditorSetting } from '../../components/editor/context.tsx'
import { templateNames } from '../../components/editor/names.ts'
import { ErrorNote } from '../../components/states.tsx'
import type { TemplateFieldProps } from '../../components/template/template-field.tsx'
import { WaitingField } from '../../components/template/waiting-field.tsx'
import { fieldErrors, problemsOf } from '../../lib/error-words.ts'
import { useObjects } from '../../lib/objects.ts'
import { emailStrings } from '../../strings/emails.ts'
import classes from './template-editor.module.css'
import type { TemplateSample } from './use-template-sample.ts'

const words = emailStrings.templates
/** The editor is as large as the rest of the page: what is written is there before it. */
const TemplateField = lazy(async () => {
  const { TemplateField: Field } = await import('../../components/template/template-field.tsx')
  return { default: Field }
})

export interface TemplateTexts {
  name: string
  subject: string
  html: string
  text: string
}

interface TemplateFormProps {
  texts: TemplateTexts
  onChange: (texts: TemplateTexts) => void
  sample: TemplateSample
  error: unknown
  readOnly: boolean
}

type Part = 'subject' | 'html' | 'text'

/** Name, subject, HTML and text, each completed with the names that the sample record has. */
export function TemplateForm({ texts, onChange, sample, error, readOnly }: TemplateFormProps) {
  const objects = useObjects()
  const [wanted, setWanted] = useState<Part | null>(null)
  const { object, scope, follow } = sample
  const setting = useMemo(
    (): EditorSetting => ({
      objects,
      templates: [],
      secrets: [],
      object,
      names: templateNames({ object, webhook: false, steps: [], item: null }, objects),
      ruleFields: [],
      scope,
      follow,
      problems: problemsOf(error),
      readOnly,
    }),
    [objects, object, scope, follow, error, readOnly],
  )
  const field = (part: Part, given: Omit<TemplateFieldProps, 'value' | 'onChange'>) => {
    const props: TemplateFieldProps = {
      ...given,
      value: texts[part],
      onChange: (value) => onChange({ ...texts, [part]: value }),
      path: `/${part}`,
      showResult: false,
    }
    return (
      <Suspense fallback={<WaitingField {...props} onWanted={(is) => setWanted(is ? part : null)} />}>
        <TemplateField {...props} beginsFocused={wanted === part} />
      </Suspense>
    )
  }

  return (
    <div className={classes.form}>
      <ErrorNote error={error} />
      <TextInput
        label={words.name}
        required
        readOnly={readOnly}
        value={texts.name}
        error={fieldErrors(error)['name']}
        onChange={(event) => onChange({ ...texts, name: event.currentTarget.value })}
      />
      <EditorProvider value={setting}>
        {field('subject', { label: words.subject })}
        {field('html', {
          label: words.html,
          description: words.htmlHint,
          multiline: true,
          html: true,
          lines: [12, 28],
        })}
        {field('text', { label: words.text, description: words.textHint, multiline: true, lines: [3, 16] })}
      </EditorProvider>
    </div>
  )
}
