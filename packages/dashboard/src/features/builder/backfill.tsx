import { type AutomationAnswer, getAutomationRoute } from '@kantos/model'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { number } from '../../lib/time.ts'
import { strings } from '../../strings/builder.ts'
import classes from './builder.module.css'

const EVERY_MS = 2_000

/** How far an automation that follows dates is through the records that were there; nothing once it is. Source: docs/dates.md */
export function BackfillNotice({ saved }: { saved: AutomationAnswer }) {
  const { id, version, activated_at: activatedAt, backfill } = saved
  const { data } = useQuery({
    queryKey: [...keys.automation(id), 'backfill', version, activatedAt],
    queryFn: async ({ signal }) => (await call(getAutomationRoute, { params: { id } }, { signal })).backfill ?? null,
    initialData: backfill ?? null,
    enabled: backfill !== undefined,
    refetchInterval: ({ state }) => (state.data === null ? false : EVERY_MS),
  })
  if (data === null) return null
  const total = data.total === null ? null : number(data.total)
  return <p className={classes['notice']}>{strings.backfill(number(data.done), total)}</p>
}
