import { Button, Menu, Switch, Tooltip } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { useCan } from '../../lib/session.ts'
import { strings } from '../../strings/runs.ts'
import { BulkMenu } from './bulk-menu.tsx'
import { filterOf, readSearch, type RunSearch } from './filter.ts'
import { RunFilters } from './run-filters.tsx'
import { RunList } from './run-list.tsx'
import { useLiveRuns, useRuns } from './use-runs.ts'

/** `/runs`: the execution log, live. */
export function RunsPage() {
  const search = readSearch(useSearch({ strict: false }) as Record<string, unknown>)
  const navigate = useNavigate()
  const canEdit = useCan('editor')
  const [isLive, setLive] = useState(true)
  const id = JSON.stringify(search)
  const filter = useMemo(() => filterOf(JSON.parse(id) as RunSearch, Date.now()), [id])
  const runs = useRuns(filter)
  const connection = useLiveRuns(filter, isLive && runs.isSuccess)
  const change = (next: RunSearch): void => {
    void navigate({ to: '/runs', search: readSearch(next as Record<string, unknown>) as never, replace: true })
  }
  const all = runs.data?.pages.flatMap(({ data }) => data) ?? []
  return (
    <Page
      title={strings.title}
      layout="fill"
      actions={
        <>
          <Tooltip label={connection === 'polling' ? strings.polling : strings.liveHint}>
            <div>
              <Switch
                label={connection === 'polling' ? `${strings.live} …` : strings.live}
                checked={isLive}
                onChange={(event) => setLive(event.currentTarget.checked)}
              />
            </div>
          </Tooltip>
          <ExportMenu filter={filter} />
          {canEdit ? <BulkMenu filter={filter} onDone={() => void runs.refetch()} /> : null}
        </>
      }
      toolbar={<RunFilters search={search} onChange={change} />}
    >
      {runs.isPending ? <LoadingRows /> : null}
      {runs.isError ? <ErrorState error={runs.error} onRetry={() => void runs.refetch()} /> : null}
      {runs.isSuccess && all.length === 0 ? (
        <Nothing isFiltered={Object.keys(search).length > 0} onClear={() => change({})} />
      ) : null}
      {runs.isSuccess && all.length > 0 ? (
        <RunList
          runs={all}
          hasMore={runs.hasNextPage}
          isLoading={runs.isFetchingNextPage}
          onMore={() => void runs.fetchNextPage()}
        />
      ) : null}
    </Page>
  )
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear(): void }) {
  const { title, text } = isFiltered ? strings.noMatch : strings.empty
  return (
    <EmptyState
      title={title}
      action={
        isFiltered ? (
          <Button variant="default" onClick={onClear}>
            {strings.filters.clear}
          </Button>
        ) : undefined
      }
    >
      {text}
    </EmptyState>
  )
}

function ExportMenu({ filter }: { filter: object }) {
  const query = new URLSearchParams(filter as Record<string, string>)
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          {strings.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(strings.exportAs).map(([format, label]) => (
          <Menu.Item
            key={format}
            component="a"
            href={`/api/runs/export?${query}&format=${format}`}
            download={`runs.${format}`}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
