import { normalizeValue, type ObjectAnswer } from '@kantos/model'
import { ActionIcon, Input, Select, Stack, Text } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { useFocusAdded } from '../components/editor/use-focus-added.ts'
import { TypeIcon } from '../components/values/type-icon.tsx'
import { isTemplate, ValueInput } from '../components/values/value-input.tsx'
import { strings } from '../strings/actions.ts'
import classes from './actions.module.css'

interface FieldValuesProps {
  label: string
  object: ObjectAnswer | undefined
  value: unknown
  onChange(value: Record<string, unknown>): void
  path: string
  /** required fields are marked: a new record needs them */
  isNew?: boolean
}

/** Fields of an object with the values they get; each input fits its field's type. */
export function FieldValues({ label, object, value, onChange, path, isNew = false }: FieldValuesProps) {
  const { readOnly } = useEditor()
  const problem = useProblem(path)
  const [list, added] = useFocusAdded()
  const values = (value ?? {}) as Record<string, unknown>
  const unset = (object?.fields ?? []).filter(({ slug }) => !Object.hasOwn(values, slug))
  const missing = unset.filter(({ required, default_value }) => isNew && required && default_value === null)
  return (
    <Input.Wrapper label={label} labelElement="div" error={problem} size="sm" data-path={path}>
      <Stack gap={8} mt={4} ref={list}>
        {Object.entries(values).map(([slug, content]) => {
          const field = object?.fields.find((one) => one.slug === slug)
          const name = field?.name ?? strings.fields.unknown(slug)
          return (
            <div key={slug} className={classes['field']} data-item data-path={`${path}/${slug}`}>
              <div className={classes['fieldHead']}>
                <TypeIcon type={field?.type ?? 'any'} />
                <span className="truncate" style={{ flex: 1 }}>
                  {name}
                </span>
                {readOnly ? null : (
                  <ActionIcon
                    size="sm"
                    aria-label={strings.fields.remove(name)}
                    onClick={() => onChange(Object.fromEntries(Object.entries(values).filter(([own]) => own !== slug)))}
                  >
                    <IconX size={15} aria-hidden />
                  </ActionIcon>
                )}
              </div>
              <ValueInput
                type={field?.type ?? 'any'}
                field={field}
                value={content}
                onChange={(next) => onChange({ ...values, [slug]: stored(field, next) })}
                label={name}
                hideLabel
                path={`${path}/${slug}`}
              />
            </div>
          )
        })}
        {object === undefined ? (
          <Text size="sm" c="dimmed">
            {strings.fields.noObject}
          </Text>
        ) : null}
        {object === undefined || readOnly || unset.length === 0 ? null : (
          <Select
            aria-label={strings.fields.add}
            placeholder={
              missing.length > 0
                ? `${strings.fields.add} (${missing.map(({ name }) => name).join(', ')} *)`
                : strings.fields.add
            }
            data={unset.map(({ slug, name, required }) => ({
              value: slug,
              label: required && isNew ? `${name} *` : name,
            }))}
            value={null}
            onChange={(slug) => {
              if (slug === null) return
              added()
              onChange({ ...values, [slug]: null })
            }}
            searchable
          />
        )}
      </Stack>
    </Input.Wrapper>
  )
}

/** Text that is wholly the type's notation is stored typed; while it isn't yet, as it was written. */
function stored(field: ObjectAnswer['fields'][number] | undefined, value: unknown): unknown {
  if (field === undefined || typeof value !== 'string' || isTemplate(value) || value === '') return value
  if (field.type !== 'number' && field.type !== 'currency' && field.type !== 'boolean') return value
  const normal = normalizeValue(field, value)
  return 'value' in normal ? normal.value : value
}
