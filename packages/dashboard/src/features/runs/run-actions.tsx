import { cancelRunRoute, ENDED, replayRunRoute, resumeRunRoute, retryRunRoute, type Run } from '@kantos/model'
import { Button } from '@mantine/core'
import { IconPlayerPlay, IconPlayerStop, IconRefresh, IconRotateClockwise } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { confirm } from '../../components/confirm.tsx'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { useCan } from '../../lib/session.ts'
import { strings } from '../../strings/runs.ts'

const words = strings.actions

/** What can be done with a run: retry, replay, cancel, resume now. */
export function RunActions({ run }: { run: Run }) {
  const navigate = useNavigate()
  const canEdit = useCan('editor')
  const params = { id: run.id }
  const show = (answer: Run, message: string): void => {
    queryClient.setQueryData(keys.run(run.id), answer)
    notifyDone(message)
  }
  const again = (message: string) => ({
    onSuccess: async ({ id }: { id: string }) => {
      notifyDone(message)
      void queryClient.invalidateQueries({ queryKey: keys.runs() })
      await navigate({ to: '/runs/$runId', params: { runId: id } })
    },
    onError: notifyError,
  })
  const retry = useMutation({ mutationFn: () => call(retryRunRoute, { params }), ...again(words.retried) })
  const replay = useMutation({ mutationFn: () => call(replayRunRoute, { params }), ...again(words.replayed) })
  const cancel = useMutation({
    mutationFn: () => call(cancelRunRoute, { params }),
    onSuccess: (answer) => show(answer, answer.status === 'cancelled' ? words.cancelled : words.cancelling),
    onError: notifyError,
  })
  const resume = useMutation({
    mutationFn: () => call(resumeRunRoute, { params }),
    onSuccess: (answer) => show(answer, words.resumed),
    onError: notifyError,
  })
  if (!canEdit) return null
  const icon = { size: 16, 'aria-hidden': true } as const
  return (
    <>
      {run.status === 'waiting' ? (
        <Button
          variant="default"
          leftSection={<IconPlayerPlay {...icon} />}
          loading={resume.isPending}
          onClick={() => resume.mutate()}
        >
          {words.resume}
        </Button>
      ) : null}
      {ENDED.has(run.status) ? null : (
        <Button
          variant="default"
          leftSection={<IconPlayerStop {...icon} />}
          loading={cancel.isPending}
          disabled={run.cancel_requested === true}
          onClick={async () => {
            if (
              await confirm({
                title: words.cancelTitle,
                text: words.cancelText,
                confirm: words.cancelConfirm,
                keep: words.keep,
              })
            )
              cancel.mutate()
          }}
        >
          {words.cancel}
        </Button>
      )}
      {ENDED.has(run.status) ? (
        <Button
          variant="default"
          leftSection={<IconRefresh {...icon} />}
          loading={replay.isPending}
          onClick={async () => {
            if (
              await confirm({ title: words.replayTitle, text: words.replayText, confirm: words.replay, danger: false })
            )
              replay.mutate()
          }}
        >
          {words.replay}
        </Button>
      ) : null}
      {run.status === 'failed' ? (
        <Button
          leftSection={<IconRotateClockwise {...icon} />}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
        >
          {words.retry}
        </Button>
      ) : null}
    </>
  )
}
