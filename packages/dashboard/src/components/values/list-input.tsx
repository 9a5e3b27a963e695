import type { FieldAnswer, FieldType } from '@kantos/model'
import { ActionIcon, MultiSelect, TagsInput, Tooltip } from '@mantine/core'
import { IconBraces, IconForms } from '@tabler/icons-react'
import { useState } from 'react'
import { useUsers } from '../../lib/users.ts'
import { strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import { TemplateField } from '../template/template-field.tsx'
import { optionsOf } from '../../lib/fields.ts'
import { isTemplate, textOf } from './value-input.tsx'
import classes from './values.module.css'

interface ListInputProps {
  type: FieldType | 'any'
  field?: FieldAnswer
  value: unknown
  onChange(value: unknown): void
  label: string
  path?: string
}

/** A list of values: chosen where the field has options, else typed; or a template that gives a list. */
export function ListInput({ type, field, value, onChange, label, path }: ListInputProps) {
  const { readOnly } = useEditor()
  const users = useUsers()
  const error = useProblem(path, true)
  const [wantsTemplate, setWantsTemplate] = useState(false)
  const asTemplate = wantsTemplate || isTemplate(value)
  const list = Array.isArray(value)
    ? value.map(textOf)
    : value === null || value === undefined || value === ''
      ? []
      : [textOf(value)]
  const names =
    type === 'user'
      ? users.map(({ id, name }) => ({ value: id, label: name }))
      : optionsOf(field).map(({ name }) => ({ value: name, label: name }))
  const typed = (texts: string[]): unknown[] =>
    type === 'number' || type === 'currency'
      ? texts.map((text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text))
      : texts
  const swap = readOnly ? null : (
    <Tooltip label={asTemplate ? strings.useFixed : strings.useTemplate}>
      <ActionIcon
        size="sm"
        aria-label={`${asTemplate ? strings.useFixed : strings.useTemplate}: ${label}`}
        onClick={() => {
          setWantsTemplate(!asTemplate)
          if (asTemplate) onChange([])
        }}
      >
        {asTemplate ? <IconForms size={15} aria-hidden /> : <IconBraces size={15} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  )
  if (asTemplate) {
    const text = typeof value === 'string' ? value : ''
    return <TemplateField value={text} onChange={onChange} label={label} path={path} hideLabel right={swap} />
  }
  const common = { 'aria-label': label, error, disabled: readOnly, value: list }
  return (
    <div className={classes['fixed']}>
      <div className={classes['input']}>
        {names.length > 0 ? (
          <MultiSelect
            {...common}
            data={[
              ...names,
              ...list
                .filter((one) => !names.some((name) => name.value === one))
                .map((one) => ({ value: one, label: one })),
            ]}
            onChange={onChange}
            searchable={names.length > 7}
            placeholder={list.length === 0 ? strings.choose : undefined}
          />
        ) : (
          <TagsInput
            {...common}
            onChange={(texts) => onChange(typed(texts))}
            placeholder={list.length === 0 ? strings.list : undefined}
            allowDuplicates={false}
          />
        )}
      </div>
      <div className={classes['swap']}>{swap}</div>
    </div>
  )
}
