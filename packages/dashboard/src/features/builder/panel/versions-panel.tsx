import { type AutomationAnswer, getVersionRoute, listVersionsRoute, restoreVersionRoute } from '@kantos/model'
import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
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
import classes from '../builder.module.css'
import { compareDrafts } from '../document/compare.ts'
import { draftOf } from '../document/draft.ts'
import { DifferenceList } from './difference-list.tsx'
import { Panel } from './panel.tsx'

const words = strings.version

interface VersionsPanelProps {
  saved: AutomationAnswer | null
  onRestored(saved: AutomationAnswer): void
  onClose(): void
}

/** The versions of an automation: who saved them when, what they would change, and back to one. */
export function VersionsPanel({ saved, onRestored, onClose }: VersionsPanelProps) {
  const [compared, setCompared] = useState<number | null>(null)
  return (
    <Panel title={words.title} onClose={onClose}>
      {saved === null ? (
        <Text size="sm" c="dimmed">
          {words.none}
        </Text>
      ) : compared === null ? (
        <List saved={saved} onCompare={setCompared} />
      ) : (
        <Compared saved={saved} version={compared} onBack={() => setCompared(null)} onRestored={onRestored} />
      )}
    </Panel>
  )
}

function List({ saved, onCompare }: { saved: AutomationAnswer; onCompare(version: number): void }) {
  const users = useUsers()
  const versions = useInfiniteQuery({
    queryKey: [...keys.versions(saved.id), 'list', saved.version],
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) =>
      call(listVersionsRoute, { params: { id: saved.id }, query: { page: pageParam, per_page: 25 } }, { signal }),
    getNextPageParam: ({ pagination }) => (pagination.page < pagination.total_pages ? pagination.page + 1 : null),
  })
  if (versions.isPending) return <LoadingRows rows={4} />
  if (versions.isError) return <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />
  return (
    <Stack gap={8}>
      {versions.data.pages.flatMap(({ data }) =>
        data.map(({ version, name, current, created_at, created_by }) => (
          <div key={version} className={classes['version']}>
            <div style={{ minWidth: 0 }}>
              <Group gap={8}>
                <Text size="sm" fw={500}>
                  {words.number(version)}
                </Text>
                {current ? <Badge size="sm">{words.current}</Badge> : null}
              </Group>
              <Text size="xs" c="dimmed" className="truncate">
                <Time iso={created_at} /> {words.by(actorWords(created_by, users))} · {name}
              </Text>
            </div>
            {current ? null : (
              <Button
                variant="default"
                size="compact-xs"
                onClick={() => onCompare(version)}
                aria-label={`${words.restore} …: ${words.number(version)}`}
              >
                {words.restore} …
              </Button>
            )}
          </div>
        )),
      )}
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
    </Stack>
  )
}

interface ComparedProps {
  saved: AutomationAnswer
  version: number
  onBack(): void
  onRestored(saved: AutomationAnswer): void
}

function Compared({ saved, version, onBack, onRestored }: ComparedProps) {
  const { readOnly } = useEditor()
  const params = { id: saved.id, n: String(version) }
  const old = useQuery({
    queryKey: [...keys.versions(saved.id), version],
    queryFn: ({ signal }) => call(getVersionRoute, { params }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const restore = useMutation({
    mutationFn: () => call(restoreVersionRoute, { params }),
    onSuccess: (answer) => {
      queryClient.setQueryData(keys.automation(saved.id), answer)
      notifyDone(words.restored(version))
      onRestored(answer)
      onBack()
    },
    onError: notifyError,
  })
  const differences = useMemo(
    () => (old.data === undefined ? [] : compareDrafts({ ...draftOf(saved), description: '' }, draftOf(old.data))),
    [old.data, saved],
  )
  if (old.isPending) return <LoadingRows rows={4} />
  if (old.isError) return <ErrorState error={old.error} onRetry={() => void old.refetch()} />
  return (
    <Stack gap="md">
      <Text size="sm">{words.differences(version)}</Text>
      <DifferenceList differences={differences} empty={words.same} />
      <Group gap={8}>
        <Button variant="default" size="xs" onClick={onBack}>
          {words.back}
        </Button>
        {readOnly ? null : (
          <Button
            size="xs"
            loading={restore.isPending}
            onClick={async () => {
              const sure = await confirm({
                title: words.restoreTitle(version),
                text: words.restoreText,
                confirm: words.restore,
                danger: false,
              })
              if (sure) restore.mutate()
            }}
          >
            {words.restore}
          </Button>
        )}
      </Group>
    </Stack>
  )
}
