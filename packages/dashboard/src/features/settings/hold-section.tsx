import { Button, Group, Text, TextInput, Title } from '@mantine/core'
import { putOnHoldRoute } from '@kantos/model'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../lib/client.ts'
import { holdQuery } from '../../lib/hold.ts'
import { notifyError } from '../../lib/notify.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { holdStrings as words } from '../../strings/hold.ts'

/** Stops everything, for an admin. */
export function HoldSection() {
  const { data } = useQuery(holdQuery)
  const [note, setNote] = useState('')
  const put = useMutation({
    mutationFn: () => call(putOnHoldRoute, { body: note.trim() === '' ? {} : { note: note.trim() } }),
    onSuccess: (hold) => {
      setNote('')
      queryClient.setQueryData(keys.hold, hold)
    },
    onError: notifyError,
  })
  return (
    <section>
      <Title order={3}>{words.section}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {data?.on_hold === true ? words.isHeld : words.sectionText}
      </Text>
      {data?.on_hold === false && (
        <Group align="flex-end">
          <TextInput
            label={words.note}
            maxLength={200}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              // the form around it is another one
              event.preventDefault()
              put.mutate()
            }}
          />
          <Button variant="default" loading={put.isPending} onClick={() => put.mutate()}>
            {words.put}
          </Button>
        </Group>
      )}
    </section>
  )
}
