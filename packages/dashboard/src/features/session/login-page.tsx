import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { logIn } from '@kantos/model'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { sessionStrings } from '../../strings/session.ts'
import { Card } from './card.tsx'

const words = sessionStrings.login
const route = getRouteApi('/login')

/** E-mail and password; then back to where the person wanted to go. */
export function LoginPage() {
  const { to } = route.useSearch()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')

  const login = useMutation({
    mutationFn: () => call(logIn, { body: { email: email.trim(), password } }),
    onSuccess: async (session) => {
      queryClient.clear()
      queryClient.setQueryData(keys.session, session)
      await navigate({ to: to ?? '/' })
    },
  })

  function submit(event: FormEvent): void {
    event.preventDefault()
    login.mutate()
  }

  return (
    <Card title={words.title}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label={words.email}
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            data-autofocus
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={words.password}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <ErrorNote error={login.error} />
          <Button type="submit" fullWidth loading={login.isPending}>
            {words.submit}
          </Button>
          <Text size="xs" c="dimmed" ta="center">
            {words.forgot}
          </Text>
        </Stack>
      </form>
    </Card>
  )
}
