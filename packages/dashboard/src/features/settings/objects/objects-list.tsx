import { ActionIcon, Badge, Button, Menu, Modal, Table, Text } from '@mantine/core'
import { ApiError, deleteObjectRoute, type ObjectAnswer } from '@kantos/model'
import { IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { confirm } from '../../../components/confirm.tsx'
import { ObjectIcon } from '../../../components/object-icon.tsx'
import { call } from '../../../lib/client.ts'
import { notifyDone, notifyError } from '../../../lib/notify.ts'
import { useObjects } from '../../../lib/objects.ts'
import { keys } from '../../../lib/query-keys.ts'
import { useCan } from '../../../lib/session.ts'
import { strings } from '../../../strings/common.ts'
import { settingsStrings } from '../../../strings/settings.ts'
import { Section, SectionTable } from '../section.tsx'
import classes from '../settings.module.css'
import { ObjectForm } from './object-form.tsx'

const words = settingsStrings.objects

/** All objects; a click shows the fields of one. */
export function ObjectsList() {
  const objects = useObjects()
  const admin = useCan('admin')
  /** null: closed; 'new': a new one */
  const [editing, setEditing] = useState<ObjectAnswer | 'new' | null>(null)
  return (
    <>
      <Section
        title={settingsStrings.sections.objects}
        intro={words.intro}
        action={
          admin && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
              {words.create}
            </Button>
          )
        }
      >
        <SectionTable>
          {objects.map((object) => (
            <Table.Tr key={object.id}>
              <Table.Td>
                <div className={classes.object}>
                  <ObjectIcon name={object.icon} />
                  <div>
                    <Link
                      to="/settings/$section"
                      params={{ section: 'objects' }}
                      search={{ object: object.slug }}
                      className={classes.objectLink}
                    >
                      {object.name}
                    </Link>
                    <Text size="sm" c="dimmed">
                      {object.description}
                    </Text>
                  </div>
                </div>
              </Table.Td>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>{words.fields(object.field_count)}</Table.Td>
              <Table.Td>{object.standard && <Badge color="var(--k-dimmed)">{words.standard}</Badge>}</Table.Td>
              <Table.Td ta="right">
                {admin && <ObjectMenu object={object} onEdit={() => setEditing(object)} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </SectionTable>
      </Section>
      <Modal
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing === null || editing === 'new' ? words.createTitle : words.editTitle(editing.name)}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        {editing !== null && (
          <ObjectForm object={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
        )}
      </Modal>
    </>
  )
}

function ObjectMenu({ object, onEdit }: { object: ObjectAnswer; onEdit: () => void }) {
  const queryClient = useQueryClient()
  const params = { id: object.id }
  const remove = useMutation({
    mutationFn: async () => {
      try {
        await call(deleteObjectRoute, { params })
        return true
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'CONFLICT' || !/record/i.test(error.message)) throw error
        const sure = await confirm({ title: words.forceTitle, text: error.message, confirm: words.forceConfirm })
        if (sure) await call(deleteObjectRoute, { params, query: { force: 'true' } })
        return sure
      }
    },
    onSuccess: (gone) => {
      if (gone) notifyDone(words.deleted)
    },
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.objects }),
  })

  async function askAndDelete(): Promise<void> {
    const title = words.deleteTitle(object.name)
    if (await confirm({ title, text: words.deleteText, confirm: settingsStrings.delete })) remove.mutate()
  }

  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={`${strings.actions}: ${object.name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={15} />} onClick={onEdit}>
          {settingsStrings.edit}
        </Menu.Item>
        {!object.standard && (
          <Menu.Item color="var(--k-bad)" leftSection={<IconTrash size={15} />} onClick={() => void askAndDelete()}>
            {settingsStrings.delete}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
