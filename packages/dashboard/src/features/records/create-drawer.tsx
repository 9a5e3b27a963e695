import { Button, Drawer, Group, Stack } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { FieldInput } from '../../components/field-input.tsx'
import { ErrorNote } from '../../components/states.tsx'
import { fieldErrors } from '../../lib/error-words.ts'
import { notifyDone } from '../../lib/notify.ts'
import { singular } from '../../lib/objects.ts'
import { keys } from '../../lib/query-keys.ts'
import { recordTitle } from '../../lib/record-title.ts'
import { strings } from '../../strings/common.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { createRecord } from './api.ts'

interface CreateDrawerProps {
  object: ObjectAnswer
  opened: boolean
  onClose: () => void
}

/** The form of a new record, beside the table. */
export default function CreateDrawer({ object, opened, onClose }: CreateDrawerProps) {
  // it is mounted when it is first wanted, and has to see itself open to give the focus back when it closes
  const [shown, setShown] = useState(false)
  useEffect(() => setShown(opened), [opened])
  return (
    <Drawer
      opened={shown}
      onClose={onClose}
      title={words.createTitle(singular(object.name))}
      closeButtonProps={{ 'aria-label': strings.close }}
    >
      {opened && <CreateForm object={object} onClose={onClose} />}
    </Drawer>
  )
}

function CreateForm({ object, onClose }: { object: ObjectAnswer; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(
      object.fields.flatMap(({ slug, default_value: value }) => (value === null ? [] : [[slug, value]])),
    ),
  )
  const create = useMutation({
    mutationFn: () => createRecord(object.slug, values),
    onSuccess: (record) => {
      void queryClient.invalidateQueries({ queryKey: keys.records(object.slug) })
      notifyDone(words.created(recordTitle(record, object)))
      onClose()
    },
  })
  const errors = fieldErrors(create.error)

  function submit(event: FormEvent): void {
    event.preventDefault()
    create.mutate()
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {object.fields.map((field, index) => (
          <FieldInput
            key={field.slug}
            field={field}
            label={field.name}
            value={values[field.slug] ?? null}
            error={errors[field.slug]}
            isFirst={index === 0}
            onChange={(value) => setValues((before) => ({ ...before, [field.slug]: value }))}
          />
        ))}
        <ErrorNote error={create.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.cancel}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {words.createSubmit(singular(object.name))}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
