import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { changePassword } from '@kantos/model'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { fieldErrors } from '../../lib/error-words.ts'
import { notifyDone } from '../../lib/notify.ts'
import { useSession } from '../../lib/session.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section } from './section.tsx'

const words = settingsStrings.password

/** Changes the password of who is logged in. */
export default function PasswordSection() {
  const session = useSession()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    mutationFn: () => call(changePassword, { body: { current_password: current, password: next } }),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      notifyDone(words.changed)
    },
  })
  const errors = fieldErrors(change.error)
  if (session.kind === 'key') return <Text>{words.key}</Text>
  return (
    <Section title={settingsStrings.sections.password} intro={words.intro}>
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <Stack maw={400}>
          <input type="text" autoComplete="username" value={session.email ?? ''} readOnly hidden />
          <PasswordInput
            label={words.current}
            autoComplete="current-password"
            required
            error={errors['current_password']}
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <PasswordInput
            label={words.next}
            description={words.hint}
            autoComplete="new-password"
            required
            minLength={10}
            error={errors['password']}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
          />
          <ErrorNote error={change.error} />
          <Group>
            <Button type="submit" loading={change.isPending}>
              {words.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}
