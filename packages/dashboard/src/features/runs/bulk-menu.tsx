import { bulkRunsRoute, type RunAction, type RunFilterInput } from '@kantos/model'
import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { call } from '../../lib/client.ts'
import { notifyError } from '../../lib/notify.ts'
import { strings } from '../../strings/runs.ts'

const words = strings.bulkActions

/** Which statuses an action is about, when the filter names none. */
const ABOUT: Record<RunAction, string | undefined> = {
  retry: 'failed',
  replay: undefined,
  cancel: 'queued,waiting',
  resume: 'waiting',
}

/** Retry, replay, cancel or resume all runs of a filter, page by page, with progress. */
export function BulkMenu({ filter, onDone }: { filter: RunFilterInput; onDone(): void }) {
  const [isRunning, setRunning] = useState(false)
  const act = async (action: RunAction): Promise<void> => {
    if (
      !(await confirm({
        title: words.title(words[action]),
        text: words.text,
        confirm: words[action],
        danger: action !== 'resume',
      }))
    )
      return
    setRunning(true)
    const id = notifications.show({
      title: words[action],
      message: words.running,
      loading: true,
      autoClose: false,
      withBorder: true,
    })
    try {
      const wanted = { ...filter, status: filter.status ?? ABOUT[action] }
      let cursor: string | null | undefined
      let [done, failed] = [0, 0]
      do {
        const answer = await call(bulkRunsRoute, { body: { action, filter: wanted, ...(cursor ? { cursor } : {}) } })
        done += answer.done
        failed += answer.failed
        cursor = answer.next_cursor
        notifications.update({
          id,
          title: words[action],
          message: words.progress(done, failed),
          loading: cursor !== null,
          autoClose: cursor === null ? 5000 : false,
          withBorder: true,
        })
      } while (cursor !== null)
      onDone()
    } catch (error) {
      notifications.hide(id)
      notifyError(error)
    } finally {
      setRunning(false)
    }
  }
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" loading={isRunning} rightSection={<IconChevronDown size={16} aria-hidden />}>
          {words.menu}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(['retry', 'replay', 'resume', 'cancel'] as const).map((action) => (
          <Menu.Item key={action} onClick={() => void act(action)}>
            {words[action]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
