import { Stack } from '@mantine/core'
import { useState } from 'react'
import { useEditor } from '../components/editor/context.tsx'
import { ObjectSelect } from '../components/values/object-select.tsx'
import { findObject } from '../lib/objects.ts'
import { strings } from '../strings/actions.ts'
import { FieldValues } from './field-values.tsx'
import type { ActionFormProps } from './form.ts'
import { RecordChoice } from './record-choice.tsx'

const STEP = /^\s*\{\{\s*(steps\.[a-z][a-z0-9_]*(?:\.first)?|item)\.id\s*\}\}\s*$/

/** Update Record: which record, and what its fields become. */
export function UpdateRecordForm({ config, set }: ActionFormProps) {
  const { object, objects, names } = useEditor()
  const [chosen, setChosen] = useState<string>()
  const other = typeof config['record_id'] === 'string'
  const prefix = STEP.exec(String(config['record_id'] ?? ''))?.[1]
  const known =
    prefix === undefined
      ? undefined
      : objects.find(({ fields }) =>
          fields.some(({ id }) => names.some((name) => name.path.startsWith(`${prefix}.`) && name.field?.id === id)),
        )
  const target = other
    ? (known ?? findObject(objects, chosen ?? '') ?? (prefix === undefined ? object : undefined))
    : object
  return (
    <Stack gap="md">
      <RecordChoice value={config['record_id']} onChange={(id) => set('record_id', id)} />
      {other && known === undefined ? (
        <ObjectSelect
          label={strings.create.object}
          description={strings.update.objectHint}
          value={chosen ?? target?.slug}
          onChange={setChosen}
        />
      ) : null}
      <FieldValues
        label={strings.update.fields}
        object={target}
        value={config['fields']}
        onChange={(fields) => set('fields', fields)}
        path="/config/fields"
      />
    </Stack>
  )
}
