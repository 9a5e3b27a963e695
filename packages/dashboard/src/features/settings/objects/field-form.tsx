import { Button, Checkbox, Group, Select, Stack, TagsInput } from '@mantine/core'
import {
  createFieldRoute,
  FIELD_TYPES,
  type FieldAnswer,
  type FieldInput as NewField,
  type FieldType,
  type ObjectAnswer,
  updateFieldRoute,
} from '@kantos/model'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { FieldInput } from '../../../components/field-input.tsx'
import { ErrorNote } from '../../../components/states.tsx'
import { call } from '../../../lib/client.ts'
import { fieldErrors } from '../../../lib/error-words.ts'
import { optionsOf } from '../../../lib/fields.ts'
import { notifyDone } from '../../../lib/notify.ts'
import { useObjects } from '../../../lib/objects.ts'
import { keys } from '../../../lib/query-keys.ts'
import { settingsStrings } from '../../../strings/settings.ts'
import { NameAndSlug } from './name-and-slug.tsx'

const words = settingsStrings.objects
const WITH_OPTIONS: ReadonlySet<FieldType> = new Set(['status', 'dropdown', 'multi_select'])
const NEVER_UNIQUE: ReadonlySet<FieldType> = new Set(['long_text', 'multi_select', 'boolean'])

interface FieldFormProps {
  object: ObjectAnswer
  /** null: a new one */
  field: FieldAnswer | null
  onClose: () => void
}

/** A new field, or the definition of one; options that stay keep their colours. */
export function FieldForm({ object, field, onClose }: FieldFormProps) {
  const queryClient = useQueryClient()
  const objects = useObjects()
  const known = field === null ? [] : optionsOf(field)
  const [name, setName] = useState(field?.name ?? '')
  const [slug, setSlug] = useState('')
  const [type, setType] = useState<FieldType>(field?.type ?? 'text')
  const [required, setRequired] = useState(field?.required ?? false)
  const [unique, setUnique] = useState(field?.unique ?? false)
  const [options, setOptions] = useState<string[]>(known.map((option) => option.name))
  const [target, setTarget] = useState<string | null>(field?.options?.object ?? null)
  const [standard, setStandard] = useState<unknown>(field?.default_value ?? null)

  function optionsInput(): NewField['options'] {
    if (type === 'reference') return { object: target ?? '' }
    if (!WITH_OPTIONS.has(type)) return undefined
    const list = options.map((one) => {
      const before = known.find((option) => option.name === one)
      return before === undefined ? one : { name: one, color: before.color }
    })
    return type === 'status' ? { stages: list } : { choices: list }
  }
  const save = useMutation({
    mutationFn: () => {
      const given = optionsInput()
      const body = {
        name: name.trim(),
        required,
        unique: unique && !NEVER_UNIQUE.has(type),
        default_value: standard,
        ...(given === undefined ? {} : { options: given }),
      }
      if (field === null)
        return call(createFieldRoute, {
          params: { id: object.id },
          body: { ...body, type, ...(slug === '' ? {} : { slug }) },
        })
      const change = type === field.type ? body : { ...body, type }
      return call(updateFieldRoute, { params: { id: object.id, field_id: field.id }, body: change })
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.objects })
      void queryClient.invalidateQueries({ queryKey: keys.records(object.slug) })
      notifyDone(settingsStrings.saved)
      onClose()
    },
  })
  const errors = fieldErrors(save.error)
  const draft: FieldAnswer = {
    id: field?.id ?? 'new',
    name,
    slug: field?.slug ?? 'new',
    type,
    required: false,
    unique,
    default_value: null,
    position: 0,
    options: WITH_OPTIONS.has(type)
      ? { choices: options.map((one, order) => ({ name: one, color: 'gray', order })) }
      : type === 'reference'
        ? { object: target ?? '' }
        : null,
  }

  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Stack>
        <NameAndSlug
          name={name}
          onName={setName}
          slug={field === null ? slug : null}
          onSlug={setSlug}
          errors={errors}
        />
        <Select
          label={words.type}
          allowDeselect={false}
          error={errors['type']}
          value={type}
          data={FIELD_TYPES.map((one) => ({ value: one, label: words.types[one] }))}
          onChange={(next) => {
            setType((next ?? 'text') as FieldType)
            setStandard(null)
          }}
        />
        {WITH_OPTIONS.has(type) && (
          <TagsInput
            label={words.options}
            description={words.optionsHint}
            required={options.length === 0}
            error={errors['options'] ?? errors['stages'] ?? errors['choices']}
            value={options}
            onChange={setOptions}
          />
        )}
        {type === 'reference' && (
          <Select
            label={words.target}
            required
            allowDeselect={false}
            error={errors['options'] ?? errors['object']}
            value={target}
            data={objects.map((one) => ({ value: one.slug, label: one.name }))}
            onChange={setTarget}
          />
        )}
        <Checkbox
          label={words.required}
          checked={required}
          onChange={(event) => setRequired(event.currentTarget.checked)}
        />
        {!NEVER_UNIQUE.has(type) && (
          <Checkbox
            label={words.unique}
            description={words.uniqueHint}
            error={errors['unique']}
            checked={unique}
            onChange={(event) => setUnique(event.currentTarget.checked)}
          />
        )}
        {type !== 'reference' && (
          <FieldInput
            field={draft}
            label={words.defaultValue}
            error={errors['default_value']}
            value={standard}
            onChange={setStandard}
          />
        )}
        <ErrorNote error={save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {settingsStrings.cancel}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {settingsStrings.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
