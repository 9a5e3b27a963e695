import { Menu } from '@mantine/core'
import { listAutomationsRoute, type ObjectAnswer } from '@kantos/model'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { OpenedMenu } from '../../components/opened-menu.tsx'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/common.ts'
import { recordStrings } from '../../strings/records.ts'

interface RunMenuItemsProps {
  object: ObjectAnswer
  onStart(automation: { id: string; name: string }): void
  trigger: ReactElement<Record<string, unknown>>
}

/** The active automations of an object that can be started by hand. */
export default function RunMenuItems({ object, onStart, trigger }: RunMenuItemsProps) {
  const filter = { object: object.slug, status: 'active' as const, per_page: 100 }
  const list = useQuery({
    queryKey: keys.automations({ ...filter, menu: true }),
    queryFn: ({ signal }) => call(listAutomationsRoute, { query: filter }, { signal }),
  })
  const startable = list.data?.data.filter(
    ({ trigger: { event } }) => event !== 'schedule' && event !== 'webhook.received',
  )
  return (
    <OpenedMenu trigger={trigger} position="bottom-end" maxHeight={320}>
      {startable === undefined && <Menu.Label>{strings.loading}</Menu.Label>}
      {startable?.length === 0 && <Menu.Label>{recordStrings.page.noRun}</Menu.Label>}
      {startable?.map(({ id, name }) => (
        <Menu.Item key={id} onClick={() => onStart({ id, name })}>
          {name}
        </Menu.Item>
      ))}
    </OpenedMenu>
  )
}
