import { Group, Select } from '@mantine/core'
import { findObject } from '../../lib/objects.ts'
import { strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import { ObjectIcon } from '../object-icon.tsx'

interface ObjectSelectProps {
  /** any way of naming an object: `obj_def_leads`, `leads` */
  value: unknown
  /** `obj_def_<slug>` */
  onChange(reference: string | undefined): void
  label: string
  path?: string
  clearable?: boolean
  description?: string
}

/** Picks an object. */
export function ObjectSelect({ value, onChange, label, path, clearable = false, description }: ObjectSelectProps) {
  const { objects, readOnly } = useEditor()
  const error = useProblem(path)
  const current = typeof value === 'string' ? findObject(objects, value) : undefined
  const icons = new Map(objects.map(({ slug, icon }) => [slug, icon]))
  const data = objects.map(({ slug, name }) => ({ value: slug, label: name }))
  if (current === undefined && typeof value === 'string' && value !== '')
    data.push({ value, label: strings.unknownField(value) })
  return (
    <Select
      label={label}
      description={description}
      data={data}
      value={current?.slug ?? (typeof value === 'string' && value !== '' ? value : null)}
      onChange={(slug) => onChange(slug === null ? undefined : `obj_def_${slug.replace(/^obj_(?:def_)?/, '')}`)}
      clearable={clearable}
      allowDeselect={clearable}
      searchable={data.length > 7}
      placeholder={strings.choose}
      disabled={readOnly}
      error={error}
      wrapperProps={{ 'data-path': path }}
      leftSection={current === undefined ? undefined : <ObjectIcon name={current.icon} size={16} />}
      renderOption={({ option }) => (
        <Group gap={8} wrap="nowrap">
          <ObjectIcon name={icons.get(option.value) ?? 'box'} size={16} />
          {option.label}
        </Group>
      )}
    />
  )
}
