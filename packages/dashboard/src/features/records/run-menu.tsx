import { Button, Menu } from '@mantine/core'
import { listAutomationsRoute, type ObjectAnswer, runAutomationRoute } from '@kantos/model'
import { IconChevronDown, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { number } from '../../lib/time.ts'
import { strings } from '../../strings/common.ts'
import { recordStrings } from '../../strings/records.ts'

const words = recordStrings.page
const AT_ONCE = 1000

/** Starts an active automation of the object by hand. Source: SPEC.md, section 4 */
export function RunMenu({ object, recordIds }: { object: ObjectAnswer; recordIds: readonly string[] }) {
  const [opened, setOpened] = useState(false)
  const queryClient = useQueryClient()
  const filter = { object: object.slug, status: 'active' as const, per_page: 100 }
  const list = useQuery({
    queryKey: keys.automations({ ...filter, menu: true }),
    queryFn: ({ signal }) => call(listAutomationsRoute, { query: filter }, { signal }),
    enabled: opened,
  })
  const startable = list.data?.data.filter(
    ({ trigger }) => trigger.event !== 'schedule' && trigger.event !== 'webhook.received',
  )

  const start = useMutation({
    mutationFn: async ({ id }: { id: string; name: string }) => {
      for (let at = 0; at < recordIds.length; at += AT_ONCE)
        await call(runAutomationRoute, { params: { id }, body: { record_ids: recordIds.slice(at, at + AT_ONCE) } })
    },
    onSuccess: (_, { name }) => {
      notifyDone(recordIds.length === 1 ? words.started(name) : words.startedMany(name, number(recordIds.length)))
      for (const id of recordIds.slice(0, 1)) void queryClient.invalidateQueries({ queryKey: keys.recordEvents(id) })
    },
    onError: notifyError,
  })

  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={15} />}
          rightSection={<IconChevronDown size={14} />}
          loading={start.isPending}
        >
          {words.run}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        {startable === undefined && <Menu.Label>{strings.loading}</Menu.Label>}
        {startable?.length === 0 && <Menu.Label>{words.noRun}</Menu.Label>}
        {startable?.map(({ id, name }) => (
          <Menu.Item key={id} onClick={() => start.mutate({ id, name })}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
