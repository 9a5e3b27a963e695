import { SegmentedControl, Stack } from '@mantine/core'
import { useState } from 'react'
import { useEditor } from '../components/editor/context.tsx'
import { TemplateField } from '../components/template/template-field.tsx'
import { strings } from '../strings/actions.ts'

const words = strings.update

/** Which record an action is about: the triggering one, or one that is named. */
export function RecordChoice({ value, onChange }: { value: unknown; onChange(id: string | undefined): void }) {
  const { readOnly } = useEditor()
  const [wantsOther, setWantsOther] = useState(false)
  const other = wantsOther || value !== undefined
  return (
    <Stack gap={8}>
      <SegmentedControl
        aria-label={words.which}
        fullWidth
        disabled={readOnly}
        value={other ? 'other' : 'own'}
        onChange={(kind) => {
          setWantsOther(kind === 'other')
          if (kind === 'own') onChange(undefined)
        }}
        data={[
          { value: 'own', label: words.triggering },
          { value: 'other', label: words.other },
        ]}
      />
      {other ? (
        <TemplateField
          label={words.recordId}
          description={words.recordIdHint}
          value={typeof value === 'string' ? value : ''}
          onChange={(text) => onChange(text)}
          path="/config/record_id"
          required
        />
      ) : null}
    </Stack>
  )
}
