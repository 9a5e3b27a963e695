import { ActionIcon, Button, Drawer, Group, Menu, Table, Text } from '@mantine/core'
import { deleteFieldRoute, type FieldAnswer, type ObjectAnswer } from '@kantos/model'
import { IconArrowLeft, IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { confirm } from '../../../components/confirm.tsx'
import { call } from '../../../lib/client.ts'
import { optionsOf } from '../../../lib/fields.ts'
import { notifyDone, notifyError } from '../../../lib/notify.ts'
import { findObject, useObjects } from '../../../lib/objects.ts'
import { keys } from '../../../lib/query-keys.ts'
import { useCan } from '../../../lib/session.ts'
import { strings } from '../../../strings/common.ts'
import { settingsStrings } from '../../../strings/settings.ts'
import { Section, SectionTable } from '../section.tsx'
import { FieldForm } from './field-form.tsx'

const words = settingsStrings.objects

/** The fields of an object. */
export function ObjectFields({ object }: { object: ObjectAnswer }) {
  const admin = useCan('admin')
  const objects = useObjects()
  const [editing, setEditing] = useState<FieldAnswer | 'new' | null>(null)

  const about = (field: FieldAnswer): string => {
    if (field.type === 'reference') return findObject(objects, field.options?.object ?? '')?.name ?? ''
    return optionsOf(field)
      .map(({ name }) => name)
      .join(', ')
  }
  return (
    <>
      <Section
        title={
          <Group gap="xs" component="span">
            <ActionIcon
              component={Link}
              to="/settings/$section"
              params={{ section: 'objects' } as never}
              search={{} as never}
              aria-label={words.back}
            >
              <IconArrowLeft size={18} />
            </ActionIcon>
            {object.name}
          </Group>
        }
        action={
          admin && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
              {words.addField}
            </Button>
          )
        }
      >
        <SectionTable columns={[settingsStrings.name, words.type, words.options, '']}>
          {object.fields.map((field) => (
            <Table.Tr key={field.id}>
              <Table.Td>
                <Text fw={500}>{field.name}</Text>
                <Text size="xs" c="dimmed" ff="monospace">
                  {field.slug}
                </Text>
              </Table.Td>
              <Table.Td>
                {words.types[field.type]}
                <Text size="xs" c="dimmed">
                  {[field.required && words.required, field.unique && words.unique].filter(Boolean).join(', ')}
                </Text>
              </Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed" lineClamp={2}>
                  {about(field)}
                </Text>
              </Table.Td>
              <Table.Td ta="right">
                {admin && <FieldMenu object={object} field={field} onEdit={() => setEditing(field)} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </SectionTable>
      </Section>
      <Drawer
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing === null || editing === 'new' ? words.fieldTitle : words.editField(editing.name)}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        {editing !== null && (
          <FieldForm object={object} field={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
        )}
      </Drawer>
    </>
  )
}

function FieldMenu({ object, field, onEdit }: { object: ObjectAnswer; field: FieldAnswer; onEdit: () => void }) {
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: () => call(deleteFieldRoute, { params: { id: object.id, field_id: field.id } }),
    onSuccess: () => notifyDone(words.fieldDeleted),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.objects }),
  })

  async function askAndDelete(): Promise<void> {
    const title = words.deleteField(field.name)
    if (await confirm({ title, text: words.deleteFieldText, confirm: settingsStrings.delete })) remove.mutate()
  }

  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={`${strings.actions}: ${field.name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={15} />} onClick={onEdit}>
          {settingsStrings.edit}
        </Menu.Item>
        <Menu.Item color="var(--k-bad)" leftSection={<IconTrash size={15} />} onClick={() => void askAndDelete()}>
          {settingsStrings.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
