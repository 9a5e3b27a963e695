import { type AutomationAnswer, listVersionsRoute, restoreVersionRoute, type WaitingRuns } from '@kantos/model'
import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { confirm } from '../../../components/confirm.tsx'
import { useEditor } from '../../../components/editor/context.tsx'
import { ErrorState, LoadingRows } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { call } from '../../../lib/client.ts'
import { notifyDone, notifyError } from '../../../lib/notify.ts'
import { queryClient } from '../../../lib/query-client.ts'
import { keys } from '../../../lib/query-keys.ts'
import { actorWords, useUsers } from '../../../lib/users.ts'
import { strings } from '../../../strings/builder.ts'
import parts from './parts.module.css'
import classes from './versions.module.css'
import { tellOfWaitingRuns } from '../state/use-waiting-runs.ts'
import { CompareVersions } from './compare-versions.tsx'
import { Panel } from './panel.tsx'
import { VersionChanges } from './version-changes.tsx'

const words = strings.version
/** Of how many versions the changes are read at once; those of earlier ones when they are asked for. */
const SHOWN = 5

interface VersionsPanelProps {
  saved: AutomationAnswer | null
  /** what becomes of waiting runs; null: nothing is to be restored */
  askWaiting(): Promise<WaitingRuns | null>
  onRestored(saved: AutomationAnswer): void
  onClose(): void
}

/** The versions of an automation: who saved them when, what each changed; any two side by side, and back to one. */
export function VersionsPanel({ saved, askWaiting, onRestored, onClose }: VersionsPanelProps) {
  return (
    <Panel title={words.title} onClose={onClose}>
      {saved === null ? (
        <Text size="sm" c="dimmed">
          {words.none}
        </Text>
      ) : (
        <List saved={saved} askWaiting={askWaiting} onRestored={onRestored} />
      )}
    </Panel>
  )
}

function List({ saved, askWaiting, onRestored }: Omit<VersionsPanelProps, 'onClose'> & { saved: AutomationAnswer }) {
  const { readOnly } = useEditor()
  const users = useUsers()
  const [compared, setCompared] = useState<[from: number, to: number] | null>(null)
  const versions = useInfiniteQuery({
    queryKey: [...keys.versions(saved.id), 'list', saved.version],
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) =>
      call(listVersionsRoute, { params: { id: saved.id }, query: { page: pageParam, per_page: 25 } }, { signal }),
    getNextPageParam: ({ pagination }) => (pagination.page < pagination.total_pages ? pagination.page + 1 : null),
  })
  const restoring = useMutation({
    mutationFn: ({ version, waiting }: { version: number; waiting: WaitingRuns }) =>
      call(restoreVersionRoute, {
        params: { id: saved.id, n: String(version) },
        query: { waiting_runs: waiting },
      }),
    onSuccess: (answer, { version }) => {
      queryClient.setQueryData(keys.automation(saved.id), answer)
      notifyDone(words.restored(version))
      tellOfWaitingRuns(answer)
      onRestored(answer)
    },
    onError: notifyError,
  })
  const restore = async (version: number): Promise<void> => {
    const sure = await confirm({
      title: words.restoreTitle(version),
      text: words.restoreText,
      confirm: words.restore,
      danger: false,
    })
    const waiting = sure ? await askWaiting() : null
    if (waiting !== null) restoring.mutate({ version, waiting })
  }
  if (versions.isPending) return <LoadingRows rows={4} />
  if (versions.isError) return <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />
  const all = versions.data.pages.flatMap(({ data }) => data)
  return (
    <Stack gap={8}>
      <ol className={parts['list']}>
        {all.map(({ version, name, current, created_at, created_by }, index) => (
          <li key={version} className={classes['version']}>
            <Group gap={8} justify="space-between" wrap="nowrap">
              <Group gap={8}>
                <Text size="sm" fw={500}>
                  {words.number(version)}
                </Text>
                {current ? <Badge size="sm">{words.current}</Badge> : null}
              </Group>
              <Group gap={4} wrap="nowrap">
                {saved.version < 2 ? null : (
                  <Button
                    variant="subtle"
                    color="gray"
                    size="compact-xs"
                    onClick={() => setCompared(current ? [version - 1, version] : [version, saved.version])}
                    aria-label={`${words.compare}: ${words.number(version)}`}
                  >
                    {words.compare}
                  </Button>
                )}
                {current || readOnly ? null : (
                  <Button
                    variant="default"
                    size="compact-xs"
                    onClick={() => void restore(version)}
                    loading={restoring.isPending && restoring.variables.version === version}
                    aria-label={`${words.restore}: ${words.number(version)}`}
                  >
                    {words.restore}
                  </Button>
                )}
              </Group>
            </Group>
            <Text size="xs" c="dimmed" className="truncate">
              <Time iso={created_at} /> {words.by(actorWords(created_by, users))} · {name}
            </Text>
            <VersionChanges id={saved.id} version={version} isShown={index < SHOWN} />
          </li>
        ))}
      </ol>
      {versions.hasNextPage ? (
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          loading={versions.isFetchingNextPage}
          onClick={() => void versions.fetchNextPage()}
        >
          {words.more}
        </Button>
      ) : null}
      <CompareVersions id={saved.id} newest={saved.version} pair={compared} onChange={setCompared} />
    </Stack>
  )
}
