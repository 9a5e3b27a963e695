import { NativeSelect, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useMemo } from 'react'
import { Page } from '../../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../../components/states.tsx'
import { strings } from '../../../strings/runs.ts'
import { failureStrings as words } from '../../../strings/failures.ts'
import { RunViews } from '../run-views.tsx'
import classes from '../runs.module.css'
import { causesQuery, type FailureSearch, readFailureSearch, SPANS_MS, type Span } from './api.ts'

const AutomationSelect = lazy(async () => ({ default: (await import('../automation-select.tsx')).AutomationSelect }))
const CauseList = lazy(async () => ({
  default: (await import('../../../components/causes/cause-group.tsx')).CauseList,
}))
const MINUTE_MS = 60_000

/** `/runs/failures`: what failed, those of one cause together, to be retried at once. Source: docs/repair.md */
export function FailuresPage() {
  const search = readFailureSearch(useSearch({ strict: false }) as Record<string, unknown>)
  const { time, automation } = search
  const navigate = useNavigate()
  const from = useMemo(
    () => new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - SPANS_MS[time]).toISOString(),
    [time],
  )
  const causes = useQuery(causesQuery(from, automation))
  const change = (next: FailureSearch): void =>
    void navigate({ to: '/runs/failures', search: next as never, replace: true })
  return (
    <Page
      title={strings.title}
      beside={<RunViews />}
      toolbar={
        <>
          <Suspense fallback={<div className={classes['toolbarRoom']} />}>
            <AutomationSelect
              w={220}
              value={automation ?? null}
              onChange={(id) => change({ time, ...(id === null ? {} : { automation: id }) })}
            />
          </Suspense>
          <NativeSelect
            aria-label={words.time}
            data={Object.entries(words.times).map(([value, label]) => ({ value, label }))}
            value={time}
            onChange={(event) => change({ ...search, time: event.currentTarget.value as Span })}
          />
        </>
      }
    >
      {causes.isPending ? <LoadingRows /> : null}
      {causes.isError ? <ErrorState error={causes.error} onRetry={() => void causes.refetch()} /> : null}
      {causes.data?.data.length === 0 ? <EmptyState title={words.empty.title}>{words.empty.text}</EmptyState> : null}
      {causes.data !== undefined && causes.data.data.length > 0 ? (
        <Suspense fallback={<LoadingRows />}>
          <CauseList causes={causes.data.data} from={from} />
        </Suspense>
      ) : null}
      {causes.data?.capped === true ? (
        <Text size="sm" c="dimmed" p="md" ta="center">
          {words.capped}
        </Text>
      ) : null}
    </Page>
  )
}
