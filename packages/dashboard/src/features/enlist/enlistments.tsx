import { cancelEnlistmentRoute, type Enlistment } from '@kantos/model'
import { Button, Progress, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { confirm } from '../../components/confirm.tsx'
import { ErrorNote, LoadingRows } from '../../components/states.tsx'
import { StatusDot, type Tone } from '../../components/status-dot.tsx'
import { Time } from '../../components/time.tsx'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { useCan } from '../../lib/session.ts'
import { actorWords, useUsers } from '../../lib/users.ts'
import { enlistStrings as words } from '../../strings/enlist.ts'
import { enlistmentsQuery } from './api.ts'
import classes from './enlist.module.css'

const TONES: Record<Enlistment['status'], Tone> = { running: 'info', done: 'good', cancelled: 'idle', failed: 'bad' }
const OUTCOMES = ['succeeded', 'skipped', 'failed', 'cancelled'] as const

/** How far an automation is on its way through existing records, and earlier times. */
export function Enlistments({ automation }: { automation: string }) {
  const found = useQuery(enlistmentsQuery(automation))
  return (
    <section>
      <Title order={2} mb="xs">
        {words.past}
      </Title>
      {found.isPending ? <LoadingRows rows={2} /> : null}
      <ErrorNote error={found.error} onRetry={() => void found.refetch()} />
      {found.data?.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words.none}
        </Text>
      ) : (
        <ul className={classes['list']}>
          {found.data?.map((one) => (
            <Line key={one.id} enlistment={one} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Line({ enlistment }: { enlistment: Enlistment }) {
  const { id, status, started, total, filters, error, created_at: at, created_by: by } = enlistment
  const canEdit = useCan('editor')
  const users = useUsers()
  const stop = useMutation({
    mutationFn: () => call(cancelEnlistmentRoute, { params: { id } }),
    onSuccess: () => notifyDone(words.stopped),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.enlistments(enlistment.automation_id) }),
  })
  const ask = async (): Promise<void> => {
    const sure = await confirm({
      title: words.stopTitle,
      text: words.stopText,
      confirm: words.stop,
      keep: words.keep,
    })
    if (sure) stop.mutate()
  }
  const outcomes = OUTCOMES.filter((one) => enlistment[one] > 0).map((one) => words.outcomes[one](enlistment[one]))
  const share = total === null ? 0 : total === 0 ? 100 : (started / total) * 100
  return (
    <li className={classes['line']}>
      <div className={classes['head']}>
        <StatusDot tone={TONES[status]}>{words.status[status]}</StatusDot>
        <span className="numbers">{words.progress(started, total)}</span>
        <span className={classes['what']}>
          {Object.keys(filters).length === 0 ? words.everything : words.filtered} · {actorWords(by, users)} ·{' '}
          <Time iso={at} />
        </span>
        {status === 'running' && canEdit ? (
          <Button variant="default" size="compact-sm" loading={stop.isPending} onClick={() => void ask()}>
            {words.stop}
          </Button>
        ) : null}
      </div>
      {status === 'running' ? (
        <Progress value={share} size="sm" aria-label={words.of(words.progress(started, total))} />
      ) : null}
      <p className={classes['outcomes']}>{outcomes.join(' · ')}</p>
      {error === null ? null : <p className={classes['error']}>{error}</p>}
    </li>
  )
}
