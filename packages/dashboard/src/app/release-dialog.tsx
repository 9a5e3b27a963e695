import { Button, Group, Radio, Stack, Text } from '@mantine/core'
import { type ReleaseRuns, releaseRoute } from '@kantos/model'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../lib/client.ts'
import { notifyDone, notifyError } from '../lib/notify.ts'
import { queryClient } from '../lib/query-client.ts'
import { keys } from '../lib/query-keys.ts'
import { strings } from '../strings/common.ts'
import { holdStrings as words } from '../strings/hold.ts'

interface ReleaseDialogProps {
  /** the hold came with a restored backup */
  restored: boolean
  onClose: () => void
}

/** Asks what becomes of the work that was under way, and lets everything go on. */
export function ReleaseDialog({ restored, onClose }: ReleaseDialogProps) {
  const [runs, setRuns] = useState<ReleaseRuns>('continue')
  const release = useMutation({
    mutationFn: () => call(releaseRoute, { query: { runs } }),
    onSuccess: async ({ cancelled }) => {
      onClose()
      notifyDone(runs === 'cancel' ? words.cancelled(cancelled.runs) : words.released)
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: keys.hold }),
        queryClient.invalidateQueries({ queryKey: keys.runs() }),
      ])
    },
    onError: notifyError,
  })
  return (
    <Stack>
      <Radio.Group label={words.choose} value={runs} onChange={(value) => setRuns(value as ReleaseRuns)}>
        <Stack gap="sm" mt="xs">
          <Radio value="continue" label={words.continue} description={words.continueText} />
          <Radio value="cancel" label={words.cancel} description={words.cancelText} />
        </Stack>
      </Radio.Group>
      <Text size="sm" c="dimmed">
        {restored && `${words.restoredText} `}
        {words.schedules}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {strings.cancel}
        </Button>
        <Button loading={release.isPending} onClick={() => release.mutate()} data-autofocus>
          {words.confirm}
        </Button>
      </Group>
    </Stack>
  )
}
