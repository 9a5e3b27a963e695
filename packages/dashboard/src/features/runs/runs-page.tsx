import type { RunFilterInput } from '@kantos/model'
import { Button, Switch } from '@mantine/core'
import { IconChevronDown, IconDownload } from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import { popupOnDemand } from '../../components/popup-on-demand.tsx'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { useCan } from '../../lib/session.ts'
import { strings } from '../../strings/runs.ts'
import { filterOf, readSearch, type RunSearch } from './filter.ts'
import { RunList } from './run-list.tsx'
import { RunViews } from './run-views.tsx'
import classes from './runs.module.css'
import { useLiveRuns, useRuns } from './use-runs.ts'

const RunFilters = lazy(() => import('./run-filters.tsx'))
const ExportMenu = popupOnDemand<{ filter: RunFilterInput }>(() => import('./export-menu-items.tsx'))
const BulkMenu = popupOnDemand<{ filter: RunFilterInput; onDone(): void }>(() => import('./bulk-menu-items.tsx'))

/** `/runs`: the execution log, live. */
export function RunsPage() {
  const search = readSearch(useSearch({ strict: false }) as Record<string, unknown>)
  const navigate = useNavigate()
  const canEdit = useCan('editor')
  const [isLive, setLive] = useState(true)
  const id = JSON.stringify(search)
  const filter = useMemo(() => filterOf(JSON.parse(id) as RunSearch, Date.now()), [id])
  const runs = useRuns(filter)
  const { connection, leaving } = useLiveRuns(filter, isLive && runs.isSuccess)
  const change = (next: RunSearch): void => {
    void navigate({ to: '/runs', search: readSearch(next as Record<string, unknown>) as never, replace: true })
  }
  const all = runs.data?.pages.flatMap(({ data }) => data) ?? []
  return (
    <Page
      title={strings.title}
      layout="fill"
      beside={<RunViews />}
      actions={
        <>
          <div title={connection === 'polling' ? strings.polling : strings.liveHint}>
            <Switch
              label={connection === 'polling' ? `${strings.live} …` : strings.live}
              checked={isLive}
              onChange={(event) => setLive(event.currentTarget.checked)}
            />
          </div>
          <ExportMenu
            filter={filter}
            trigger={
              <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
                {strings.export}
              </Button>
            }
          />
          {canEdit ? (
            <BulkMenu
              filter={filter}
              onDone={() => void runs.refetch()}
              trigger={
                <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
                  {strings.bulkActions.menu}
                </Button>
              }
            />
          ) : null}
        </>
      }
      toolbar={
        <Suspense fallback={<div className={classes['toolbarRoom']} />}>
          <RunFilters search={search} onChange={change} />
        </Suspense>
      }
    >
      {runs.isPending ? <LoadingRows /> : null}
      {runs.isError ? <ErrorState error={runs.error} onRetry={() => void runs.refetch()} /> : null}
      {runs.isSuccess && all.length === 0 ? (
        <Nothing isFiltered={Object.keys(search).length > 0} onClear={() => change({})} />
      ) : null}
      {runs.isSuccess && all.length > 0 ? (
        <RunList
          runs={all}
          leaving={leaving}
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
        ) : (
          <Button variant="default" component={Link} to="/automations">
            {strings.empty.go}
          </Button>
        )
      }
    >
      {text}
    </EmptyState>
  )
}
