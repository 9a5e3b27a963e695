import { cancelRunRoute, rescheduleRunRoute, resumeRunRoute, type WaitEntry } from '@kantos/model'
import { confirm } from '../../../components/confirm.tsx'
import { openDialog } from '../../../components/open-dialog.tsx'
import { call } from '../../../lib/client.ts'
import { notifyDone, notifyError } from '../../../lib/notify.ts'
import { dateTime } from '../../../lib/time.ts'
import { waitStrings as words } from '../../../strings/waits.ts'
import { actOnRuns } from '../../../components/bulk/bulk.ts'
import { type Move, movedTo, type WaitAction } from './move.ts'
import { refreshWaits } from './use-waits.ts'

type Waiting = Pick<WaitEntry, 'run_id' | 'due_at'>

/**
 * Does something with waits, one or many, after asking what must be asked.
 *
 * @param more there are more than these; the dialog says so
 * @param onDone called once it was done, also in part
 */
export async function actOnWaits(
  action: WaitAction,
  waits: readonly Waiting[],
  { more = false, onDone }: { more?: boolean; onDone(): void },
): Promise<void> {
  const count = waits.length
  if (count === 0) return
  const alsoMost = (text: string): string => (more ? `${text} ${words.most(count)}` : text)
  const finish = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
      onDone()
    } catch (error) {
      notifyError(error)
    }
    await refreshWaits()
  }
  if (action === 'reschedule') {
    await openDialog(words.reschedule.title(count), async () => {
      const { RescheduleDialog } = await import('./reschedule-dialog.tsx')
      return (close) => (
        <RescheduleDialog
          dueAt={count === 1 ? waits[0]!.due_at : null}
          note={more ? words.most(count) : null}
          onClose={close}
          onMove={(move) => {
            close()
            void finish(() => reschedule(waits, move))
          }}
        />
      )
    })
    return
  }
  if (action === 'resume' && count === 1) return finish(() => resumeOne(waits[0]!.run_id))
  const sure = await confirm(
    action === 'cancel'
      ? {
          title: words.cancelTitle(count),
          text: alsoMost(words.cancelText),
          confirm: words.cancelConfirm(count),
          keep: words.keep(count),
        }
      : {
          title: words.resumeTitle(count),
          text: alsoMost(words.resumeText),
          confirm: words.actions.resume,
          danger: false,
        },
  )
  if (!sure) return
  return finish(() =>
    action === 'cancel' && count === 1
      ? cancelOne(waits[0]!.run_id)
      : actOnRuns(
          action,
          waits.map((wait) => wait.run_id),
          'waiting',
        ),
  )
}

async function resumeOne(id: string): Promise<void> {
  await call(resumeRunRoute, { params: { id } })
  notifyDone(words.resumed)
}

async function cancelOne(id: string): Promise<void> {
  await call(cancelRunRoute, { params: { id } })
  notifyDone(words.cancelled)
}

async function reschedule(waits: readonly Waiting[], move: Move): Promise<void> {
  if (waits.length > 1)
    return actOnRuns(
      'reschedule',
      waits.map((wait) => wait.run_id),
      'waiting',
      move,
    )
  const [{ run_id: id, due_at: due }] = waits as [Waiting]
  const until = movedTo(due, move)
  await call(rescheduleRunRoute, { params: { id }, body: { due_at: until } })
  notifyDone(words.moved(dateTime(until)))
}
