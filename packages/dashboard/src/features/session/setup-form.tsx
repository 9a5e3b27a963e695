import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { type LinkPurpose, redeemLink } from '@kantos/model'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { fieldErrors } from '../../lib/error-words.ts'
import { keys } from '../../lib/query-keys.ts'
import { sessionStrings } from '../../strings/session.ts'

const words = sessionStrings.setup
const SUBMIT: Record<LinkPurpose, string> = {
  owner: words.submitOwner,
  invite: words.submitInvite,
  reset: words.submitReset,
}

interface SetupFormProps {
  token: string
  purpose: LinkPurpose
  /** fixed by an invitation and a password link; null: asked for */
  givenEmail: string | null
}

/** Name, e-mail and password of who uses a one-time link; afterwards they are logged in. */
export function SetupForm({ token, purpose, givenEmail }: SetupFormProps) {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [email, setEmail] = useState(givenEmail ?? '')
  const [password, setPassword] = useState('')
  const asksName = purpose !== 'reset'

  const setup = useMutation({
    mutationFn: () =>
      call(redeemLink, {
        body: {
          token,
          password,
          ...(asksName ? { name: name.trim() } : {}),
          ...(givenEmail === null ? { email: email.trim() } : {}),
        },
      }),
    onSuccess: async (session) => {
      queryClient.clear()
      queryClient.setQueryData(keys.session, session)
      await navigate({ to: '/automations' })
    },
  })
  const errors = fieldErrors(setup.error)

  function submit(event: FormEvent): void {
    event.preventDefault()
    setup.mutate()
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {asksName && (
          <TextInput
            label={words.name}
            autoComplete="name"
            required
            withAsterisk={false}
            autoFocus
            value={name}
            error={errors['name']}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <TextInput
          label={words.email}
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          readOnly={givenEmail !== null}
          value={email}
          error={errors['email']}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={words.password}
          description={words.passwordHint}
          autoComplete="new-password"
          required
          withAsterisk={false}
          minLength={10}
          value={password}
          error={errors['password']}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <ErrorNote error={setup.error} />
        <Button type="submit" fullWidth loading={setup.isPending}>
          {SUBMIT[purpose]}
        </Button>
      </Stack>
    </form>
  )
}
