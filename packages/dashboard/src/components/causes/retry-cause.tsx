import type { FailureCause } from '@kantos/model'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { openDialog } from '../open-dialog.tsx'
import { notifyError } from '../../lib/notify.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/common.ts'
import { failureStrings as words } from '../../strings/failures.ts'
import { actOnAll } from '../bulk/bulk.ts'
import { type RetryVersion, VersionChoice } from '../version-choice.tsx'

/** Asks on which version, and retries all runs of a cause that weren't retried yet, with progress and a way to stop. */
export async function retryCause(cause: FailureCause, from: string): Promise<void> {
  const count = cause.runs - cause.retried
  await openDialog(words.retryTitle(count, cause.capped === true), () => (close) => (
    <RetryDialog
      onClose={close}
      onRetry={(version) => {
        close()
        void retryAll(cause.key, from, version)
      }}
    />
  ))
}

async function retryAll(cause: string, from: string, version: RetryVersion): Promise<void> {
  try {
    await actOnAll('retry', { cause, from, unretried: true }, { version })
  } catch (error) {
    notifyError(error)
  }
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: keys.causes() }),
    queryClient.invalidateQueries({ queryKey: keys.runs() }),
    queryClient.invalidateQueries({ queryKey: keys.overview }),
  ])
}

function RetryDialog({ onRetry, onClose }: { onRetry(version: RetryVersion): void; onClose(): void }) {
  const [version, setVersion] = useState<RetryVersion>('same')
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {words.retryText}
      </Text>
      <VersionChoice value={version} onChange={setVersion} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {strings.cancel}
        </Button>
        <Button onClick={() => onRetry(version)} data-autofocus>
          {words.submit}
        </Button>
      </Group>
    </Stack>
  )
}
