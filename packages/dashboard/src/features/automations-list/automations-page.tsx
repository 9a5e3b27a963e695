import { Button, NativeSelect, SegmentedControl, Text, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconArrowsSplit2, IconPlus, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { VirtualRows } from '../../components/virtual-rows.tsx'
import { useObjects } from '../../lib/objects.ts'
import { useCan } from '../../lib/session.ts'
import { number } from '../../lib/time.ts'
import { automationStrings as words } from '../../strings/automations.ts'
import { type AutomationFilter, automationsQuery } from './api.ts'
import { AutomationRow, AutomationsHead } from './automation-row.tsx'
import { FirstAutomation } from './first-automation.tsx'

const route = getRouteApi('/shell/automations')
const ROW_HEIGHT = 64

/** The list of automations. Source: SPEC.md, section 13 */
export function AutomationsPage() {
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const objects = useObjects()
  const editor = useCan('editor')
  const list = useInfiniteQuery({ ...automationsQuery(filter), placeholderData: keepPreviousData })
  const [typed, setTyped] = useState(filter.q ?? '')
  const change = (next: AutomationFilter) => void navigate({ search: next, replace: true })
  const search = useDebouncedCallback(
    (q: string) => change({ ...filter, q: q.trim() === '' ? undefined : q.trim() }),
    200,
  )

  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = list
  const rows = useMemo(() => data?.pages.flatMap((page) => page.data) ?? [], [data])
  const total = data?.pages.at(-1)?.pagination.total ?? 0
  const filtered = filter.q !== undefined || filter.status !== undefined || filter.object !== undefined
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const clear = () => {
    setTyped('')
    change({})
  }

  const toolbar = (
    <>
      <TextInput
        aria-label={words.search}
        placeholder={words.search}
        leftSection={<IconSearch size={15} />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          search(event.currentTarget.value)
        }}
        w={260}
      />
      <SegmentedControl
        aria-label={words.status}
        value={filter.status ?? 'all'}
        onChange={(value) => change({ ...filter, status: value === 'all' ? undefined : (value as 'active') })}
        data={Object.entries(words.statuses).map(([value, label]) => ({ value, label }))}
      />
      <NativeSelect
        size="sm"
        aria-label={words.object}
        value={filter.object ?? ''}
        onChange={({ currentTarget: { value } }) => change({ ...filter, object: value === '' ? undefined : value })}
        data={[
          { value: '', label: words.allObjects },
          ...objects.map(({ slug, name }) => ({ value: slug, label: name })),
        ]}
        w={160}
      />
      {data !== undefined && (
        <Text size="sm" c="dimmed" ml="auto" className="numbers" role="status">
          {words.total(number(total))}
        </Text>
      )}
    </>
  )

  const isFirst = data !== undefined && total === 0 && !filtered
  return (
    <Page
      title={words.title}
      layout={isFirst ? 'plain' : 'fill'}
      actions={
        editor && (
          <>
            <Button variant="default" component={Link} to="/automations/recipes">
              {words.fromRecipe}
            </Button>
            <Button leftSection={<IconPlus size={16} />} component={Link} to="/automations/new">
              {words.create}
            </Button>
          </>
        )
      }
      toolbar={isFirst ? undefined : toolbar}
    >
      {list.isPending && <LoadingRows />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {isFirst && <FirstAutomation />}
      {data !== undefined && total === 0 && filtered && (
        <EmptyState
          icon={<IconArrowsSplit2 size={22} stroke={1.6} />}
          title={words.noneFound}
          action={
            <Button variant="default" onClick={clear}>
              {words.clear}
            </Button>
          }
        >
          {words.noneFoundText}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <VirtualRows
          label={words.title}
          count={rows.length}
          total={total}
          rowHeight={ROW_HEIGHT}
          rowKey={(index) => rows[index]!.id}
          head={<AutomationsHead />}
          row={(index) => <AutomationRow automation={rows[index]!} objects={objects} editable={editor} />}
          onEnd={loadMore}
        />
      )}
    </Page>
  )
}
