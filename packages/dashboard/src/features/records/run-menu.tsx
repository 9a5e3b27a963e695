import { Button } from '@mantine/core'
import { type ObjectAnswer, runAutomationRoute } from '@kantos/model'
import { IconChevronDown, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { popupOnDemand } from '../../components/popup-on-demand.tsx'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { number } from '../../lib/time.ts'
import { recordStrings } from '../../strings/records.ts'

interface Automation {
  id: string
  name: string
}
const Items = popupOnDemand<{ object: ObjectAnswer; onStart(automation: Automation): void }>(
  () => import('./run-menu-items.tsx'),
)

const words = recordStrings.page
const AT_ONCE = 1000

/** Starts an active automation of the object by hand. Source: SPEC.md, section 4 */
export function RunMenu({ object, recordIds }: { object: ObjectAnswer; recordIds: readonly string[] }) {
  const queryClient = useQueryClient()
  const start = useMutation({
    mutationFn: async ({ id }: Automation) => {
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
    <Items
      object={object}
      onStart={(automation) => start.mutate(automation)}
      trigger={
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={15} />}
          rightSection={<IconChevronDown size={14} />}
          loading={start.isPending}
        >
          {words.run}
        </Button>
      }
    />
  )
}
