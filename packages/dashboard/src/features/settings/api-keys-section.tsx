import { Button, Group, Modal, Radio, Stack, Table, Text, TextInput } from '@mantine/core'
import { createApiKey, deleteApiKey, KEY_TYPES, type KeyType, listApiKeys } from '@kantos/model'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { ErrorNote } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/common.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section, SectionTable } from './section.tsx'
import { ShownOnce } from './shown-once.tsx'

const words = settingsStrings.keys

/** The API keys; a new one is shown this once. Source: SPEC.md, section 12 */
export default function ApiKeysSection() {
  const queryClient = useQueryClient()
  const [creating, { open, close }] = useDisclosure(false)
  const list = useQuery({
    queryKey: keys.apiKeys,
    queryFn: async ({ signal }) => (await call(listApiKeys, undefined, { signal })).data,
  })
  const revoke = useMutation({
    mutationFn: (id: string) => call(deleteApiKey, { params: { id } }),
    onSuccess: () => notifyDone(words.revoked),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.apiKeys }),
  })

  async function askAndRevoke(id: string, name: string): Promise<void> {
    const sure = await confirm({ title: words.revokeTitle(name), text: words.revokeText, confirm: words.revoke })
    if (sure) revoke.mutate(id)
  }

  return (
    <>
      <Section
        title={settingsStrings.sections['api-keys']}
        intro={words.intro}
        action={
          <Button leftSection={<IconPlus size={16} />} onClick={open}>
            {words.create}
          </Button>
        }
        query={list}
        empty={list.data?.length === 0 && { icon: <IconKey size={22} stroke={1.6} />, title: words.empty }}
      >
        <SectionTable
          columns={[settingsStrings.name, words.type, words.key, settingsStrings.created, settingsStrings.lastUsed, '']}
        >
          {list.data?.map(({ id, name, type, hint, created_at: created, last_used_at: used }) => (
            <Table.Tr key={id}>
              <Table.Td fw={500}>{name}</Table.Td>
              <Table.Td data-label={words.type}>{words.types[type]}</Table.Td>
              <Table.Td data-label={words.key} ff="monospace">
                {hint}…
              </Table.Td>
              <Table.Td data-label={settingsStrings.created}>
                <Time iso={created} />
              </Table.Td>
              <Table.Td data-label={settingsStrings.lastUsed}>
                {used === null ? settingsStrings.never : <Time iso={used} />}
              </Table.Td>
              <Table.Td ta="right">
                <Button
                  variant="default"
                  size="xs"
                  onClick={() => void askAndRevoke(id, name)}
                  aria-label={`${words.revoke}: ${name}`}
                >
                  {words.revoke}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </SectionTable>
      </Section>
      <Modal
        opened={creating}
        onClose={close}
        title={words.createTitle}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        {creating && <CreateKey onClose={close} />}
      </Modal>
    </>
  )
}

function CreateKey({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [type, setType] = useState<KeyType>('server')
  const create = useMutation({
    mutationFn: () => call(createApiKey, { body: { name: name.trim(), type } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.apiKeys }),
  })

  if (create.data !== undefined) {
    return (
      <Stack>
        <Text size="sm">{words.shown}</Text>
        <ShownOnce value={create.data.key} label={words.key} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{words.done}</Button>
        </Group>
      </Stack>
    )
  }
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Stack>
        <TextInput
          label={settingsStrings.name}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group label={words.type} value={type} onChange={(value) => setType(value as KeyType)}>
          <Stack gap="xs" mt={4}>
            {KEY_TYPES.map((one) => (
              <Radio key={one} value={one} label={words.types[one]} description={words.typeHints[one]} />
            ))}
          </Stack>
        </Radio.Group>
        <ErrorNote error={create.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {settingsStrings.cancel}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {words.create}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
