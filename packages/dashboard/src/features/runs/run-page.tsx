import type { Action, Run } from '@kantos/model'
import { ActionIcon, Group, Text } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { findAction, parseNode } from '../../components/flow/structure.ts'
import { Page } from '../../components/page.tsx'
import { outcomesOf } from '../../components/run/outcomes.ts'
import { EmptyState, ErrorState, Loading, LoadingRows } from '../../components/states.tsx'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { useObjects } from '../../lib/objects.ts'
import { strings } from '../../strings/runs.ts'
import { runQuery, templateNamesQuery, versionQuery } from './api.ts'
import { RunActions } from './run-actions.tsx'
import classes from './run-page.module.css'
import { ModeBadge, RunStatusDot } from './status.tsx'

// all are on their way while the run is read
const flow = import('../../components/flow/flow-canvas.tsx')
const details = import('./run-details.tsx')
const failure = import('./failure.tsx')
const FlowCanvas = lazy(async () => ({ default: (await flow).FlowCanvas }))
const Failure = lazy(async () => ({ default: (await failure).Failure }))
const RunDetails = lazy(async () => ({ default: (await details).RunDetails }))

const LIVE = new Set(['queued', 'running', 'waiting'])
const LOOK_AGAIN_MS = 2000

/** `/runs/{id}`: one run on its flow, with all that is known of it. */
export function RunPage() {
  const { runId = '' } = useParams({ strict: false })
  const run = useQuery({
    ...runQuery(runId),
    refetchInterval: ({ state }) => (LIVE.has(state.data?.status ?? '') ? LOOK_AGAIN_MS : false),
  })
  if (run.isPending) return <Loading />
  if (run.isError) {
    return (
      <Page title={strings.title}>
        <ErrorState
          error={run.error}
          onRetry={() => void run.refetch()}
          back={{ to: '/runs', label: strings.page.back }}
        />
      </Page>
    )
  }
  return <Shown key={runId} run={run.data} />
}

const NO_TEMPLATES: { id: string; name: string }[] = []

function Shown({ run }: { run: Run }) {
  const objects = useObjects()
  const version = useQuery(versionQuery(run.automation_id, run.version))
  const [selected, setSelected] = useState<string | null>(() => firstShown(run))
  const templates = useQuery(templateNamesQuery).data ?? NO_TEMPLATES
  const vocabulary = useMemo(() => ({ objects, templates }), [objects, templates])
  const document = useMemo(
    () => (version.data === undefined ? null : { ...version.data, actions: version.data.actions as Action[] }),
    [version.data],
  )
  const outcomes = useMemo(() => (document === null ? undefined : outcomesOf(run, document.actions)), [run, document])
  useEffect(() => void queryClient.invalidateQueries({ queryKey: keys.runs() }), [run.status])
  const nameOf = (one: string): string | undefined =>
    document === null ? undefined : findAction(document.actions, one)?.action.name
  const part = parseNode(selected)
  const key = part?.kind === 'step' || part?.kind === 'arm' ? part.key : null
  return (
    <Page
      title={run.automation_name}
      layout="fill"
      lead={
        <ActionIcon component={Link} to="/runs" aria-label={strings.page.back} title={strings.page.back}>
          <IconArrowLeft size={18} aria-hidden />
        </ActionIcon>
      }
      beside={
        <Group gap={12} wrap="nowrap" ml={8}>
          <RunStatusDot status={run.status} />
          <ModeBadge mode={run.mode} />
        </Group>
      }
      actions={<RunActions run={run} nameOf={nameOf} />}
    >
      {run.cancel_requested === true ? (
        <Text size="sm" p="xs" role="status">
          {strings.page.cancelRequested}
        </Text>
      ) : null}
      <div className={classes['run']}>
        {run.error === null ? null : (
          <Suspense>
            <Failure run={run} nameOf={nameOf} onSelect={setSelected} />
          </Suspense>
        )}
        <div className={classes['runFlow']}>
          {document === null ? (
            version.isPending ? (
              <Loading />
            ) : (
              <EmptyState title={strings.page.flow}>{strings.page.noFlow}</EmptyState>
            )
          ) : (
            <Suspense fallback={<Loading />}>
              <FlowCanvas
                document={document}
                vocabulary={vocabulary}
                selected={selected}
                onSelect={setSelected}
                outcomes={outcomes}
              />
            </Suspense>
          )}
        </div>
        <Suspense
          fallback={
            <div className={classes['details']}>
              <LoadingRows />
            </div>
          }
        >
          <RunDetails run={run} objects={objects} selectedKey={key} onSelect={setSelected} nameOf={nameOf} />
        </Suspense>
      </div>
    </Page>
  )
}

/** What is looked at first: the failed step, or the one at which it waits, else nothing in particular. */
function firstShown(run: Run): string | null {
  const failed = run.error?.step_key ?? run.steps.find(({ status }) => status === 'failed')?.key
  const key = failed ?? run.steps.findLast(({ status }) => status === 'waiting' || status === 'retrying')?.key
  return key === undefined ? null : `step:${key}`
}
