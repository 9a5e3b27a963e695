import type { AutomationAnswer, ObjectAnswer } from '@kantos/model'
import { ActionIcon, Button, Stack, Text } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx'
import { useObject } from '../../lib/objects.ts'
import { useCan } from '../../lib/session.ts'
import { strings } from '../../strings/common.ts'
import { enlistStrings as words } from '../../strings/enlist.ts'
import { automationQuery } from './api.ts'
import { Enlistments } from './enlistments.tsx'

const EnlistForm = lazy(async () => ({ default: (await import('./enlist-form.tsx')).EnlistForm }))

/** `/automations/{id}/existing`: an automation is run on records that are there already. Source: docs/enrolment.md */
export function EnlistPage() {
  const { automationId = '' } = useParams({ strict: false })
  const automation = useQuery(automationQuery(automationId))
  const trigger = automation.data?.trigger
  const object = useObject(trigger !== undefined && 'object' in trigger ? trigger.object : null)
  if (automation.isPending) return <Loading />
  if (automation.isError) {
    return (
      <Page title={words.title}>
        <ErrorState
          error={automation.error}
          onRetry={() => void automation.refetch()}
          back={{ to: '/automations', label: strings.notFound.back }}
        />
      </Page>
    )
  }
  return <Shown automation={automation.data} object={object} />
}

function Shown({ automation, object }: { automation: AutomationAnswer; object: ObjectAnswer | undefined }) {
  const { id, name, status } = automation
  const canEdit = useCan('editor')
  const open = (
    <Button variant="default" component={Link} to={`/automations/${id}` as never}>
      {words.open}
    </Button>
  )
  return (
    <Page
      title={words.title}
      layout="narrow"
      lead={
        <ActionIcon component={Link} to={`/automations/${id}` as never} aria-label={words.back(name)}>
          <IconArrowLeft size={18} aria-hidden />
        </ActionIcon>
      }
    >
      <Stack gap="xl">
        <Text size="sm" c="dimmed">
          {words.intro(name)}
        </Text>
        {object === undefined ? (
          <EmptyState title={words.noRecords} action={open}>
            {words.noRecordsText}
          </EmptyState>
        ) : status === 'inactive' ? (
          <EmptyState title={words.off} action={open}>
            {words.offText}
          </EmptyState>
        ) : canEdit ? (
          <Suspense fallback={<Loading />}>
            <EnlistForm automation={automation} object={object} />
          </Suspense>
        ) : (
          <Text size="sm">{words.notAllowed}</Text>
        )}
        <Enlistments automation={id} />
      </Stack>
    </Page>
  )
}
