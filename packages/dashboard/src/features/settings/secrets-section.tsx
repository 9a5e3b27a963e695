import { Button, Group, Modal, PasswordInput, Stack, Table, TextInput } from '@mantine/core'
import { deleteSecret, listSecrets, putSecret } from '@kantos/model'
import { IconLock, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { ErrorNote } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { call } from '../../lib/client.ts'
import { fieldErrors } from '../../lib/error-words.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { useCan } from '../../lib/session.ts'
import { strings } from '../../strings/common.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section, SectionTable } from './section.tsx'

const words = settingsStrings.secrets

/** The names of the secrets; values are written, never read. Source: SPEC.md, section 12 */
export default function SecretsSection() {
  const queryClient = useQueryClient()
  const admin = useCan('admin')
  /** null: closed; '': a new one; else the one whose value is replaced */
  const [writing, setWriting] = useState<string | null>(null)
  const list = useQuery({
    queryKey: keys.secrets,
    queryFn: async ({ signal }) => (await call(listSecrets, undefined, { signal })).data,
  })
  const remove = useMutation({
    mutationFn: (name: string) => call(deleteSecret, { params: { name } }),
    onSuccess: () => notifyDone(words.deleted),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.secrets }),
  })

  async function askAndDelete(name: string): Promise<void> {
    const sure = await confirm({
      title: words.deleteTitle(name),
      text: words.deleteText,
      confirm: settingsStrings.delete,
    })
    if (sure) remove.mutate(name)
  }

  return (
    <>
      <Section
        title={settingsStrings.sections.secrets}
        intro={words.intro}
        action={
          admin && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => setWriting('')}>
              {words.create}
            </Button>
          )
        }
        query={list}
        empty={list.data?.length === 0 && { icon: <IconLock size={22} stroke={1.6} />, title: words.empty }}
      >
        <SectionTable columns={[settingsStrings.name, words.changed, '']}>
          {list.data?.map(({ name, updated_at: at }) => (
            <Table.Tr key={name}>
              <Table.Td ff="monospace">{name}</Table.Td>
              <Table.Td data-label={words.changed}>
                <Time iso={at} />
              </Table.Td>
              <Table.Td>
                {admin && (
                  <Group gap="xs" justify="flex-end" wrap="nowrap">
                    <Button
                      variant="default"
                      size="xs"
                      onClick={() => setWriting(name)}
                      aria-label={`${words.replace}: ${name}`}
                    >
                      {words.replace}
                    </Button>
                    <Button
                      variant="default"
                      size="xs"
                      onClick={() => void askAndDelete(name)}
                      aria-label={`${settingsStrings.delete}: ${name}`}
                    >
                      {settingsStrings.delete}
                    </Button>
                  </Group>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </SectionTable>
      </Section>
      <Modal
        opened={writing !== null}
        onClose={() => setWriting(null)}
        title={writing === null || writing === '' ? words.createTitle : words.replaceTitle(writing)}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        {writing !== null && <WriteSecret known={writing} onClose={() => setWriting(null)} />}
      </Modal>
    </>
  )
}

function WriteSecret({ known, onClose }: { known: string; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [name, setName] = useState(known)
  const [value, setValue] = useState('')
  const write = useMutation({
    mutationFn: () => call(putSecret, { params: { name: name.trim() }, body: { value } }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.secrets })
      notifyDone(words.stored)
      onClose()
    },
  })
  const errors = fieldErrors(write.error)
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        write.mutate()
      }}
    >
      <Stack>
        {known === '' && (
          <TextInput
            label={settingsStrings.name}
            description={words.nameHint}
            required
            data-autofocus
            pattern="[A-Za-z_][A-Za-z0-9_]*"
            error={errors['name']}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label={words.value}
          required
          autoComplete="off"
          data-autofocus={known !== ''}
          error={errors['value']}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <ErrorNote error={write.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {settingsStrings.cancel}
          </Button>
          <Button type="submit" loading={write.isPending}>
            {settingsStrings.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
