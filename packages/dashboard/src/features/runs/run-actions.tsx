import { cancelRunRoute, ENDED, replayRunRoute, resumeRunRoute, retryRunRoute, type Run } from '@kantos/model'
import { Button } from '@mantine/core'
import {
  IconCalendarTime,
  IconPencil,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconRotateClockwise,
} from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { confirm } from '../../components/confirm.tsx'
import { openDialog } from '../../components/open-dialog.tsx'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { useCan } from '../../lib/session.ts'
import { strings } from '../../strings/runs.ts'

const words = strings.actions

interface RunActionsProps {
  run: Run
  /** a step's own name in the version that ran */
  nameOf(key: string): string | undefined
}

/** What can be done with a run: retry, also with changes, replay, cancel, resume now, reschedule. */
export function RunActions({ run, nameOf }: RunActionsProps) {
  const navigate = useNavigate()
  const canEdit = useCan('editor')
  const params = { id: run.id }
  const show = (answer: Run, message: string): void => {
    queryClient.setQueryData(keys.run(run.id), answer)
    notifyDone(message)
  }
  const goTo = async (id: string, message: string): Promise<void> => {
    notifyDone(message)
    void queryClient.invalidateQueries({ queryKey: keys.runs() })
    void queryClient.invalidateQueries({ queryKey: keys.run(run.id) })
    await navigate({ to: '/runs/$runId', params: { runId: id } })
  }
  const again = (message: string) => ({
    onSuccess: ({ id }: { id: string }) => goTo(id, message),
    onError: notifyError,
  })
  const retryWithChanges = async (): Promise<void> => {
    await openDialog(strings.retry.title, async () => {
      const { failedStep, RetryDialog } = await import('./retry-dialog.tsx')
      return (close) => (
        <RetryDialog
          run={run}
          step={failedStep(run, nameOf)}
          onRetried={(id) => void goTo(id, words.retried)}
          onClose={close}
        />
      )
    })
  }
  const dueAt = run.steps.findLast((step) => step.resume_at !== undefined)?.resume_at
  const reschedule = async (): Promise<void> => {
    const { actOnWaits } = await import('./waits/act.tsx')
    const onDone = (): void => void queryClient.invalidateQueries({ queryKey: keys.run(run.id) })
    await actOnWaits('reschedule', [{ run_id: run.id, due_at: dueAt! }], { onDone })
  }
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
      {run.status === 'waiting' && dueAt !== undefined ? (
        <Button variant="default" leftSection={<IconCalendarTime {...icon} />} onClick={() => void reschedule()}>
          {words.reschedule}
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
        <Button variant="default" leftSection={<IconPencil {...icon} />} onClick={() => void retryWithChanges()}>
          {words.retryWith}
        </Button>
      ) : null}
      {run.status === 'failed' && run.retried_by === undefined ? (
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
