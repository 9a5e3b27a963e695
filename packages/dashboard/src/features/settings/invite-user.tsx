import { Button, Group, Radio, Stack, Text, TextInput } from '@mantine/core'
import { inviteUser, ROLES, type Role } from '@kantos/model'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { fieldErrors } from '../../lib/error-words.ts'
import { useCan } from '../../lib/session.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { OneTimeLink } from './one-time-link.tsx'

const words = settingsStrings.users

/** Makes the one-time link with which a colleague joins. */
export function InviteUser({ onClose }: { onClose: () => void }) {
  const owner = useCan('owner')
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('editor')
  const invite = useMutation({ mutationFn: () => call(inviteUser, { body: { email: email.trim(), role } }) })
  if (invite.data !== undefined) return <OneTimeLink link={invite.data} onClose={onClose} />
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        invite.mutate()
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {words.inviteText}
        </Text>
        <TextInput
          label={words.email}
          type="email"
          required
          data-autofocus
          error={fieldErrors(invite.error)['email']}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Radio.Group label={words.role} value={role} onChange={(value) => setRole(value as Role)}>
          <Stack gap="xs" mt={4}>
            {ROLES.filter((one) => owner || one !== 'owner').map((one) => (
              <Radio key={one} value={one} label={words.roles[one]} description={words.roleHints[one]} />
            ))}
          </Stack>
        </Radio.Group>
        <ErrorNote error={invite.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {settingsStrings.cancel}
          </Button>
          <Button type="submit" loading={invite.isPending}>
            {words.makeLink}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
