import { Button, Group, Input, Stack, Textarea, Tooltip, UnstyledButton } from '@mantine/core'
import { createObjectRoute, type ObjectAnswer, updateObjectRoute } from '@kantos/model'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { OBJECT_ICONS, ObjectIcon } from '../../../components/object-icon.tsx'
import { ErrorNote } from '../../../components/states.tsx'
import { call } from '../../../lib/client.ts'
import { fieldErrors } from '../../../lib/error-words.ts'
import { notifyDone } from '../../../lib/notify.ts'
import { keys } from '../../../lib/query-keys.ts'
import { settingsStrings } from '../../../strings/settings.ts'
import { NameAndSlug } from './name-and-slug.tsx'
import classes from './objects.module.css'

const words = settingsStrings.objects

/** A new object, or the name, icon and description of one. */
export function ObjectForm({ object, onClose }: { object: ObjectAnswer | null; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [name, setName] = useState(object?.name ?? '')
  const [slug, setSlug] = useState('')
  const [icon, setIcon] = useState(object?.icon ?? 'box')
  const [description, setDescription] = useState(object?.description ?? '')
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), icon, description: description.trim() === '' ? null : description.trim() }
      if (object !== null) return call(updateObjectRoute, { params: { id: object.id }, body })
      const fields = [{ name: 'Name', slug: 'name', type: 'text' as const, required: true }]
      return call(createObjectRoute, { body: { ...body, fields, ...(slug === '' ? {} : { slug }) } })
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.objects })
      notifyDone(settingsStrings.saved)
      onClose()
    },
  })
  const errors = fieldErrors(save.error)
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
          slug={object === null ? slug : null}
          onSlug={setSlug}
          errors={errors}
        />
        <Input.Wrapper label={words.icon} labelElement="div">
          <div className={classes.icons} role="group" aria-label={words.icon}>
            {Object.keys(OBJECT_ICONS).map((one) => (
              <Tooltip key={one} label={one}>
                <UnstyledButton
                  className={classes.icon}
                  aria-label={one}
                  aria-pressed={one === icon}
                  onClick={() => setIcon(one)}
                >
                  <ObjectIcon name={one} />
                </UnstyledButton>
              </Tooltip>
            ))}
          </div>
        </Input.Wrapper>
        <Textarea
          label={words.description}
          autosize
          minRows={2}
          error={errors['description']}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
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
