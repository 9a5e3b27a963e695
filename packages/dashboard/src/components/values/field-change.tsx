import { strings } from '../../strings/editor.ts'
import { useEditor } from '../editor/context.tsx'
import { FieldSelect } from './field-select.tsx'
import { ValueInput } from './value-input.tsx'

interface FieldChangeProps {
  /** with `field`, `from` and `to` */
  value: Readonly<Record<string, unknown>>
  /** sets a part of it; undefined takes it out */
  onChange(change: Readonly<Record<string, unknown>>, tag?: string): void
  /** where its problems are looked up */
  path: string
}

/** A change of one field of the triggering record, from and to any value or a certain one. */
export function FieldChange({ value, onChange, path }: FieldChangeProps) {
  const { object, names } = useEditor()
  const fields = names
    .filter(({ path: at, field }) => field !== undefined && at === `record.${field.slug}`)
    .map((name) => ({ ...name, path: name.field!.slug }))
  const field = object?.fields.find(({ slug }) => slug === value['field'])
  if (object === undefined) return null
  return (
    <>
      <FieldSelect
        names={fields}
        value={String(value['field'] ?? '')}
        onChange={(slug) => onChange({ field: slug, from: undefined, to: undefined })}
        label={strings.change.field}
        path={`${path}/field`}
      />
      {field === undefined
        ? null
        : (['from', 'to'] as const).map((side) => (
            <ValueInput
              key={side}
              type={field.type}
              field={field}
              value={value[side]}
              onChange={(next) => onChange({ [side]: next === null || next === '' ? undefined : next }, side)}
              label={strings.change[side]}
              path={`${path}/${side}`}
            />
          ))}
    </>
  )
}
