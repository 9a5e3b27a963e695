import { SegmentedControl, Select, Text } from '@mantine/core'
import { queryRecordsRoute } from '@kantos/model'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useMemo, useState } from 'react'
import { EmailFrame } from '../../components/email-frame.tsx'
import { RecordSelect } from '../../components/record-select.tsx'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { useObject, useObjects } from '../../lib/objects.ts'
import { useSession } from '../../lib/session.ts'
import { emailStrings } from '../../strings/emails.ts'
import { preview, sampleQuery } from './sample.ts'
import { SendTest } from './send-test.tsx'
import type { TemplateTexts } from './template-form.tsx'
import classes from './template-editor.module.css'

const words = emailStrings.templates

interface TemplatePreviewProps {
  /** whose test can be sent; null: nobody's */
  templateId: string | null
  texts: TemplateTexts
  object: string | null
  onObject: (slug: string | null) => void
}

/** The e-mail as a sample record makes it, rendered while one writes. */
export function TemplatePreview({ templateId, texts, object, onObject }: TemplatePreviewProps) {
  const objects = useObjects()
  const definition = useObject(object)
  const session = useSession()
  const [chosen, setChosen] = useState<string | null>(null)
  const [as, setAs] = useState<'html' | 'text'>('html')
  const newest = useQuery({
    queryKey: keys.records(object ?? '', { newest: true }),
    enabled: object !== null,
    queryFn: ({ signal }) =>
      call(
        queryRecordsRoute,
        { query: { object_id: object!, per_page: 1, sort: 'created_at', order: 'desc' } },
        { signal },
      ),
  })
  const recordId = chosen ?? newest.data?.data[0]?.id ?? null
  const sample = useQuery(sampleQuery(recordId, definition))
  const written = useDeferredValue(texts)
  const shown = useMemo(() => preview(written, sample.data, session), [written, sample.data, session])

  return (
    <section className={classes.preview} aria-label={words.preview}>
      <div className={classes.choose}>
        <Select
          label={words.object}
          allowDeselect={false}
          value={object}
          data={objects.map(({ slug, name }) => ({ value: slug, label: name }))}
          onChange={(slug) => {
            setChosen(null)
            onObject(slug)
          }}
        />
        {object !== null && (
          <RecordSelect label={words.sample} object={object} value={recordId} onChange={setChosen} clearable={false} />
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
