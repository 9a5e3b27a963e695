import { SegmentedControl, Select, Text } from '@mantine/core'
import { useDeferredValue, useMemo, useState } from 'react'
import { EmailFrame } from '../../components/email-frame.tsx'
import { RecordSelect } from '../../components/record-select.tsx'
import { useObjects } from '../../lib/objects.ts'
import { emailStrings } from '../../strings/emails.ts'
import { preview } from './sample.ts'
import { SendTest } from './send-test.tsx'
import type { TemplateTexts } from './template-form.tsx'
import classes from './template-editor.module.css'
import type { TemplateSample } from './use-template-sample.ts'

const words = emailStrings.templates

interface TemplatePreviewProps {
  /** whose test can be sent; null: nobody's */
  templateId: string | null
  texts: TemplateTexts
  sample: TemplateSample
}

/** The e-mail as a sample record makes it, rendered while one writes. */
export function TemplatePreview({ templateId, texts, sample }: TemplatePreviewProps) {
  const objects = useObjects()
  const { object, setObject, recordId, setRecordId, scope, follow } = sample
  const [as, setAs] = useState<'html' | 'text'>('html')
  const written = useDeferredValue(texts)
  const shown = useMemo(() => preview(written, scope, follow), [written, scope, follow])

  return (
    <section className={classes.preview} aria-label={words.preview}>
      <div className={classes.choose}>
        <Select
          label={words.object}
          allowDeselect={false}
          value={object?.slug ?? null}
          data={objects.map(({ slug, name }) => ({ value: slug, label: name }))}
          onChange={setObject}
        />
        {object !== undefined && (
          <RecordSelect
            label={words.sample}
            object={object.slug}
            value={recordId}
            onChange={setRecordId}
            clearable={false}
          />
        )}
        <SegmentedControl
          value={as}
          onChange={(value) => setAs(value as typeof as)}
          data={[
            { value: 'html', label: words.asHtml },
            { value: 'text', label: words.asText },
          ]}
        />
      </div>
      {shown.ok ? (
        <>
          <div className={classes.top}>
            <div className={classes.subject}>{shown.subject === '' ? '–' : shown.subject}</div>
            {templateId !== null && <SendTest templateId={templateId} texts={texts} recordId={recordId} />}
          </div>
          {recordId === null && <div className={classes.missing}>{words.noSample}</div>}
          {recordId !== null && shown.missing.length > 0 && (
            <div className={classes.missing}>{words.missing(shown.missing.join(', '))}</div>
          )}
          <div className={classes.body}>
            {as === 'html' ? (
              <EmailFrame html={shown.html} title={words.frame} />
            ) : (
              <pre className={classes.plain}>{shown.text}</pre>
            )}
          </div>
        </>
      ) : (
        <Text className={classes.problem} c="var(--k-bad)" role="status">
          {shown.error}
        </Text>
      )}
    </section>
  )
}
