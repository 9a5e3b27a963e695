import type { AutomationAnswer } from '@kantos/model'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { Page as PageFrame } from '../../components/page.tsx'
import { ErrorState, Loading } from '../../components/states.tsx'
import { useObjects } from '../../lib/objects.ts'
import { strings } from '../../strings/builder.ts'
import { strings as common } from '../../strings/common.ts'
import { automationQuery } from './api.ts'
import { Builder } from './builder.tsx'

/** What `/automations/new` gives as the automation's id. */
const NEW = 'new'

/** `/automations/new` and `/automations/{id}`: an automation is built and looked after. */
export function BuilderPage() {
  const { automationId = NEW } = useParams({ strict: false })
  const [shown, setShown] = useState({ id: automationId, key: 0, saved: null as string | null })
  // another automation begins anew; one that was just saved for the first time goes on where it is
  if (shown.id !== automationId)
    setShown({ id: automationId, key: automationId === shown.saved ? shown.key : shown.key + 1, saved: null })
  return <Page key={shown.key} id={shown.id} onCreated={(id) => setShown((now) => ({ ...now, saved: id }))} />
}

function Page({ id, onCreated }: { id: string; onCreated(id: string): void }) {
  const objects = useObjects()
  const isNew = id === NEW
  const automation = useQuery({ ...automationQuery(id), enabled: !isNew })
  const saved: AutomationAnswer | null | undefined = isNew ? null : automation.data
  useDocumentTitle(`${saved?.name ?? strings.newTitle} · ${common.product}`)
  if (!isNew && automation.isError)
    return (
      <PageFrame title={common.nav.automations}>
        <ErrorState
          error={automation.error}
          onRetry={() => void automation.refetch()}
          back={{ to: '/automations', label: common.notFound.back }}
        />
      </PageFrame>
    )
  if (saved === undefined || objects.length === 0) return <Loading />
  return <Builder saved={saved} objects={objects} onCreated={onCreated} />
}
