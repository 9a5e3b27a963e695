import { Button, Text, TextInput } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { ObjectIcon } from '../../components/object-icon.tsx'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { singular } from '../../lib/objects.ts'
import { useCan } from '../../lib/session.ts'
import { number } from '../../lib/time.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { recordsQuery, type RecordView } from './api.ts'
import { ColumnsMenu } from './columns-menu.tsx'
import { FilterButton } from './filters/filter-button.tsx'
import { MoreMenu } from './more-menu.tsx'
import { RecordsGrid } from './records-grid.tsx'
import { useHiddenColumns } from './use-hidden-columns.ts'

// what opens above the table comes after it
const CreateDrawer = lazy(() => import('./create-drawer.tsx'))
const RecordSelection = lazy(() => import('./record-selection.tsx'))

const route = getRouteApi('/shell/objects/$slug')

/** The table of an object: search, filter, sort, columns, inline editing, selection. */
export function RecordsTable({ object }: { object: ObjectAnswer }) {
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const editor = useCan('editor')
  const [typed, setTyped] = useState(view.q ?? '')
  const [creating, { open, close: endCreating }] = useDisclosure(false)
  const [wasOpened, setWasOpened] = useState(false)
  const create = () => {
    setWasOpened(true)
    open()
  }
  const [hidden, setHidden] = useHiddenColumns(object)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const change = (next: RecordView) => {
    setSelected(new Set())
    void navigate({ search: next, replace: true })
  }
  const search = useDebouncedCallback(
    (q: string) => change({ ...view, q: q.trim() === '' ? undefined : q.trim() }),
    250,
  )

  const list = useInfiniteQuery({ ...recordsQuery(object.slug, view), placeholderData: keepPreviousData })
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = list
  const records = useMemo(() => data?.pages.flatMap((page) => page.data) ?? [], [data])
  const pagination = data?.pages[0]?.pagination
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  const one = singular(object.name)
  const filtered = view.q !== undefined || view.filters !== undefined
  const clear = () => {
    setTyped('')
    change({ sort: view.sort })
  }
  const newButton = editor && (
    <Button leftSection={<IconPlus size={16} />} onClick={create}>
      {words.create(one)}
    </Button>
  )

  return (
    <Page
      title={object.name}
      lead={<ObjectIcon name={object.icon} size={20} />}
      layout="fill"
      actions={
        <>
          <MoreMenu object={object} view={view} editor={editor} />
          {newButton}
        </>
      }
      toolbar={
        <>
          <TextInput
            aria-label={words.search(object.name)}
            placeholder={words.search(object.name)}
            leftSection={<IconSearch size={15} />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value)
              search(event.currentTarget.value)
            }}
            w={240}
          />
          <FilterButton object={object} filters={view.filters} onChange={(filters) => change({ ...view, filters })} />
          <ColumnsMenu object={object} hidden={hidden} onChange={setHidden} />
          {pagination !== undefined && (
            <Text size="sm" c="dimmed" ml="auto" className="numbers" role="status">
              {words.total(number(pagination.total), pagination.total_capped === true)}
            </Text>
          )}
        </>
      }
    >
      {list.isPending && <LoadingRows rows={12} />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {data !== undefined && records.length === 0 && (
        <EmptyState
          icon={<ObjectIcon name={object.icon} size={22} />}
          title={filtered ? words.empty.none : words.empty.title(object.name)}
          action={
            filtered ? (
              <Button variant="default" onClick={clear}>
                {words.empty.clear}
              </Button>
            ) : (
              newButton
            )
          }
        >
          {filtered ? words.empty.noneText : words.empty.text}
        </EmptyState>
      )}
      {records.length > 0 && (
        <RecordsGrid
          object={object}
          records={records}
          total={pagination?.total ?? records.length}
          hidden={hidden}
          sort={view.sort ?? '-created_at'}
          onSort={(sort) => change({ ...view, sort })}
          selected={selected}
          onSelect={setSelected}
          editable={editor}
          onEnd={loadMore}
        />
      )}
      <Suspense>
        {selected.size > 0 && (
          <RecordSelection
            object={object}
            selected={selected}
            editable={editor}
            onClear={() => setSelected(new Set())}
          />
        )}
        {wasOpened && <CreateDrawer object={object} opened={creating} onClose={endCreating} />}
      </Suspense>
    </Page>
  )
}
