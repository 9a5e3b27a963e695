import { RUN_ACTIONS, type RunAction, type RunFilterInput } from '@kantos/model'
import { Menu } from '@mantine/core'
import type { ReactElement } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { OpenedMenu } from '../../components/opened-menu.tsx'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { strings } from '../../strings/runs.ts'
import { actOnAll, countRuns, filterFor } from '../../components/bulk/bulk.ts'

const words = strings.bulkActions

interface BulkMenuItemsProps {
  filter: RunFilterInput
  onDone(): void
  trigger: ReactElement<Record<string, unknown>>
}

/** Retry, replay, cancel or resume all runs of a filter; those that the filter leaves nothing to do for are off. */
export default function BulkMenuItems({ filter, onDone, trigger }: BulkMenuItemsProps) {
  const act = async (action: RunAction): Promise<void> => {
    const wanted = filterFor(action, filter)
    if (wanted === null) return
    try {
      const count = await countRuns(wanted)
      if (count.n === 0) return notifyDone(words.nothing[action])
      const title = words.question[action](count)
      const text = `${words.text[action]} ${words.alsoBelow}`
      const isCancel = action === 'cancel'
      const keep = isCancel ? { keep: words.keep } : {}
      if (
        !(await confirm({
          title,
          text,
          confirm: isCancel ? words.cancelConfirm : words[action],
          danger: isCancel,
          ...keep,
        }))
      )
        return
      await actOnAll(action, wanted)
      onDone()
    } catch (error) {
      notifyError(error)
    }
  }
  return (
    <OpenedMenu trigger={trigger} position="bottom-end">
      <Menu.Label>{words.label}</Menu.Label>
      {RUN_ACTIONS.map((action) => (
        <Menu.Item
          key={action}
          color={action === 'cancel' ? 'red' : undefined}
          disabled={filterFor(action, filter) === null}
          onClick={() => void act(action)}
        >
          {words.item[action]}
        </Menu.Item>
      ))}
    </OpenedMenu>
  )
}
