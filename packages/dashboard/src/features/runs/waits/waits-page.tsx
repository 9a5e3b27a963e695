import { WAIT_KINDS, type WaitEntry, type WaitKind } from '@kantos/model'
import { Button, NativeSelect } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconChevronDown } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { popupOnDemand } from '../../../components/popup-on-demand.tsx'
import { Page } from '../../../components/page.tsx'
import { SelectionBar } from '../../../components/selection-bar.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../../components/states.tsx'
import { VirtualRows } from '../../../components/virtual-rows.tsx'
import { notifyDone, notifyError } from '../../../lib/notify.ts'
import { useCan } from '../../../lib/session.ts'
import { strings } from '../../../strings/runs.ts'
import { waitStrings as words } from '../../../strings/waits.ts'
import { RunViews } from '../run-views.tsx'
import classes from '../runs.module.css'
import type * as Act from './act.tsx'
import { WAIT_ACTIONS, type WaitAction } from './move.ts'
import { readWaitSearch, type WaitSearch, waitFilterOf } from './search.ts'
import { collectWaits, useWaits } from './use-waits.ts'
import { WaitHead, WaitRow } from './wait-row.tsx'

const AutomationSelect = lazy(async () => ({ default: (await import('../automation-select.tsx')).AutomationSelect }))
const WaitMenu = popupOnDemand<{ label?: string; onAct(action: WaitAction): void }>(
  () => import('./wait-menu-items.tsx'),
)
/** Dialogs and progress come when they are wanted. */
const actOnWaits = async (...given: Parameters<typeof Act.actOnWaits>): Promise<void> =>
  (await import('./act.tsx')).actOnWaits(...given)
/** px */
const ROW = 49
const NARROW_ROW = 60
const NOTHING: ReadonlySet<string> = new Set()

/** `/runs/waiting`: what waits, for what, until when. Source: docs/waits.md */
export function WaitsPage() {
  const search = readWaitSearch(useSearch({ strict: false }) as Record<string, unknown>)
  const navigate = useNavigate()
  const canEdit = useCan('editor')
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const id = JSON.stringify(search)
  const filter = useMemo(() => waitFilterOf(JSON.parse(id) as WaitSearch, Date.now()), [id])
  const list = useWaits(filter)
  const waits = useMemo(() => list.data?.pages.flatMap(({ data }) => data) ?? [], [list.data])
  const [selected, setSelected] = useState(NOTHING)
  // what went on meanwhile is selected no more
  const chosen = useMemo(() => waits.filter((wait) => selected.has(wait.run_id)), [waits, selected])
  const clear = useCallback(() => setSelected(NOTHING), [])
  const change = (next: WaitSearch): void => {
    clear()
    void navigate({ to: '/runs/waiting', search: next as never, replace: true })
  }
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const toggle = useCallback(
    (run: string) =>
      setSelected((now) => {
        const next = new Set(now)
        if (!next.delete(run)) next.add(run)
        return next
      }),
    [],
  )
  const actOnOne = useCallback(
    (action: WaitAction, wait: WaitEntry) => void actOnWaits(action, [wait], { onDone: () => {} }),
    [],
  )
  const actOnAll = async (action: WaitAction): Promise<void> => {
    try {
      const { waits: all, more } = await collectWaits(filter)
      if (all.length === 0) return notifyDone(words.noMatch.title)
      await actOnWaits(action, all, { more, onDone: clear })
    } catch (error) {
      notifyError(error)
    }
  }
  const isFiltered = Object.keys(search).length > 0
  const { title, text } = isFiltered ? words.noMatch : words.empty
  return (
    <Page
      title={strings.title}
      layout="fill"
      beside={<RunViews />}
      actions={
        canEdit && waits.length > 0 ? (
          <WaitMenu
            label={words.allLabel}
            onAct={(action) => void actOnAll(action)}
            trigger={
              <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
                {strings.bulkActions.menu}
              </Button>
            }
          />
        ) : undefined
      }
      toolbar={
        <>
          <Suspense fallback={<div className={classes['toolbarRoom']} />}>
            <AutomationSelect
              w={isNarrow ? '100%' : 220}
              value={search.automation ?? null}
              onChange={(automation) => change({ ...search, automation: automation ?? undefined })}
            />
          </Suspense>
          <NativeSelect
            aria-label={words.kindFilter}
            data={[
              { value: '', label: words.anyKind },
              ...WAIT_KINDS.map((kind) => ({ value: kind, label: words.kinds[kind] })),
            ]}
            value={search.kind ?? ''}
            onChange={(event) => change({ ...search, kind: (event.currentTarget.value || undefined) as WaitKind })}
          />
          <NativeSelect
            aria-label={words.dueFilter}
            data={Object.entries(words.due).map(([value, label]) => ({ value, label }))}
            value={search.due ?? 'any'}
            onChange={(event) => change(readWaitSearch({ ...search, due: event.currentTarget.value }))}
          />
          {isFiltered ? (
            <Button variant="subtle" color="gray" onClick={() => change({})}>
              {strings.filters.clear}
            </Button>
          ) : null}
        </>
      }
    >
      {list.isPending ? <LoadingRows /> : null}
      {list.isError ? <ErrorState error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.isSuccess && waits.length === 0 ? <EmptyState title={title}>{text}</EmptyState> : null}
      {waits.length > 0 ? (
        <VirtualRows
          key={String(isNarrow)}
          label={words.label}
          count={waits.length}
          total={waits.length}
          rowHeight={isNarrow ? NARROW_ROW : ROW}
          rowKey={(index) => waits[index]!.run_id}
          head={
            <WaitHead
              selection={
                canEdit
                  ? {
                      all: chosen.length === waits.length,
                      some: chosen.length > 0,
                      onToggle: () =>
                        setSelected(
                          chosen.length === waits.length ? NOTHING : new Set(waits.map((wait) => wait.run_id)),
                        ),
                    }
                  : null
              }
            />
          }
          row={(index) => (
            <WaitRow
              wait={waits[index]!}
              editable={canEdit}
              isSelected={selected.has(waits[index]!.run_id)}
              onSelect={toggle}
              onAct={actOnOne}
            />
          )}
          onEnd={loadMore}
        />
      ) : null}
      {chosen.length > 0 ? (
        <SelectionBar label={words.selected(chosen.length)} clearLabel={words.clearSelection} onClear={clear}>
          {WAIT_ACTIONS.map((action) => (
            <Button key={action} variant="default" onClick={() => void actOnWaits(action, chosen, { onDone: clear })}>
              {words.actions[action]}
            </Button>
          ))}
        </SelectionBar>
      ) : null}
    </Page>
  )
}
