import type { AutomationAnswer } from '@kantos/model'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { ErrorState, Loading } from '../../components/states.tsx'
import { useObjects } from '../../lib/objects.ts'
import { strings } from '../../strings/builder.ts'
import { strings as common } from '../../strings/common.ts'
import { automationQuery } from './api.ts'
import { Builder } from './builder.tsx'

/** `/automations/new` and `/automations/{id}`: an automation is built and looked after. */
export function BuilderPage() {
  const { automationId } = useParams({ strict: false })
  useDocumentTitle(`${strings.newTitle} · ${common.product}`)
  return automationId === undefined ? (
    <Loaded key="new" saved={null} />
  ) : (
    <Existing key={automationId} id={automationId} />
  )
}

function Existing({ id }: { id: string }) {
  const automation = useQuery(automationQuery(id))
  if (automation.isPending) return <Loading />
  if (automation.isError) return <ErrorState error={automation.error} onRetry={() => void automation.refetch()} />
  return <Loaded saved={automation.data} />
}

function Loaded({ saved }: { saved: AutomationAnswer | null }) {
  const objects = useObjects()
  useDocumentTitle(`${saved?.name ?? strings.newTitle} · ${common.product}`)
  return objects.length === 0 ? <Loading /> : <Builder saved={saved} objects={objects} />
}
