import { Stack } from '@mantine/core'
import { useEditor } from '../components/editor/context.tsx'
import { ObjectSelect } from '../components/values/object-select.tsx'
import { findObject } from '../lib/objects.ts'
import { strings } from '../strings/actions.ts'
import { FieldValues } from './field-values.tsx'
import { type ActionFormProps, textIn } from './form.ts'

/** Create Record: of which object, with which values. */
export function CreateRecordForm({ config, set, replace }: ActionFormProps) {
  const { objects } = useEditor()
  const object = findObject(objects, textIn(config, 'object_definition_id'))
  const choose = (reference: string | undefined): void => {
    const required =
      findObject(objects, reference ?? '')?.fields.filter((field) => field.required && field.default_value === null) ??
      []
    replace({ object_definition_id: reference, data: Object.fromEntries(required.map(({ slug }) => [slug, null])) })
  }
  return (
    <Stack gap="md">
      <ObjectSelect
        label={strings.create.object}
        value={config['object_definition_id']}
        onChange={choose}
        path="/config/object_definition_id"
      />
      <FieldValues
        label={strings.create.fields}
        object={object}
        value={config['data']}
        onChange={(data) => set('data', data)}
        path="/config/data"
        isNew
      />
    </Stack>
  )
}
