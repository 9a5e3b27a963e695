import type { FieldAnswer, FieldType } from '@kantos/model'
import { ActionIcon, Tooltip } from '@mantine/core'
import { IconBraces, IconForms } from '@tabler/icons-react'
import { useState } from 'react'
import { strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import { TemplateField } from '../template/template-field.tsx'
import { FIXED_TYPES, FixedInput } from './fixed-input.tsx'
import classes from './values.module.css'

export interface ValueInputProps {
  type: FieldType | 'any'
  field?: FieldAnswer
  value: unknown
  onChange(value: unknown): void
  label: string
  path?: string
  hideLabel?: boolean
}

/** True for a text that is rendered when a run comes to it. */
export function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && value.includes('{{')
}

/** A value as a text field shows it. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A value for a field: picked where its type has choices, else written; either way it can be a template instead. */
export function ValueInput({ type, field, value, onChange, label, path, hideLabel = false }: ValueInputProps) {
  const [wantsTemplate, setWantsTemplate] = useState(false)
  const { readOnly } = useEditor()
  const error = useProblem(path, true)
  const canBeFixed = FIXED_TYPES.has(type)
  const asTemplate = !canBeFixed || wantsTemplate || isTemplate(value)

  const swap = canBeFixed && !readOnly && (
    <Tooltip label={asTemplate ? strings.useFixed : strings.useTemplate}>
      <ActionIcon
        size="sm"
        aria-label={`${asTemplate ? strings.useFixed : strings.useTemplate}: ${label}`}
        onClick={() => {
          setWantsTemplate(!asTemplate)
          if (asTemplate && isTemplate(value)) onChange(null)
        }}
      >
        {asTemplate ? <IconForms size={15} aria-hidden /> : <IconBraces size={15} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  )
  if (asTemplate) {
    return (
      <TemplateField
        value={textOf(value)}
        onChange={onChange}
        label={label}
        path={path}
        hideLabel={hideLabel}
        multiline={type === 'long_text'}
        right={swap}
      />
    )
  }
  return (
    <div className={classes['fixed']} data-path={path}>
      <div className={classes['input']}>
        <FixedInput
          type={type}
          field={field}
          value={value}
          onChange={onChange}
          label={label}
          hideLabel={hideLabel}
          error={error}
          disabled={readOnly}
        />
      </div>
      <div className={classes['swap']} data-labelled={!hideLabel || undefined}>
        {swap}
      </div>
    </div>
  )
}
