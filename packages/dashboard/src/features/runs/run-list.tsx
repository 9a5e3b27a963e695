import type { Run } from '@kantos/model'
import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef } from 'react'
import { Time } from '../../components/time.tsx'
import { duration } from '../../lib/time.ts'
import { strings } from '../../strings/runs.ts'
import classes from './run-list.module.css'
import { ModeBadge, RunStatusDot } from './status.tsx'

interface RunListProps {
  runs: readonly Run[]
  /** those that no longer match the filter, and are about to go */
  leaving: ReadonlySet<string>
  hasMore: boolean
  isLoading: boolean
  onMore(): void
}

/** px */
const ROW = 49
const NARROW_ROW = 64
const columns = strings.columns

/** The runs, of which only the visible rows are drawn; more are read when the end comes near. */
export function RunList({ runs, leaving, hasMore, isLoading, onMore }: RunListProps) {
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const scroll = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: runs.length + 1,
    getScrollElement: () => scroll.current,
    estimateSize: () => (isNarrow ? NARROW_ROW : ROW),
    overscan: 12,
    getItemKey: (index) => runs[index]?.id ?? 'end',
  })
  useEffect(() => rows.measure(), [rows, isNarrow])
  const items = rows.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= runs.length - 10 && hasMore && !isLoading) onMore()
  }, [last, runs.length, hasMore, isLoading, onMore])
  return (
    <div
      ref={scroll}
      className={classes['scroll']}
      role="table"
      aria-label={strings.title}
      aria-rowcount={hasMore ? -1 : runs.length + 1}
      tabIndex={0}
    >
      <div role="rowgroup" className={classes['headGroup']}>
        <div role="row" className={classes['headRow']} aria-rowindex={1}>
          {Object.entries(columns).map(([key, label]) => (
            <span key={key} role="columnheader" data-column={key}>
              {label}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={classes['rows']} style={{ height: rows.getTotalSize() }}>
        {items.map((item) => {
          const run = runs[item.index]
          const style = { transform: `translateY(${item.start}px)`, height: item.size }
          return run === undefined ? (
            <div key="end" role="row" className={classes['endRow']} style={style}>
              <span role="cell">{hasMore ? strings.loadingMore : strings.end}</span>
            </div>
          ) : (
            <div
              key={run.id}
              role="row"
              aria-rowindex={item.index + 2}
              className={classes['row']}
              data-leaving={leaving.has(run.id) || undefined}
              data-skipped={run.status === 'skipped' || undefined}
              style={style}
            >
              <Cells run={run} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

const Cells = memo(function Cells({ run }: { run: Run }) {
  const { trigger } = run
  return (
    <>
      <span role="cell" data-column="status">
        <RunStatusDot status={run.status} />
      </span>
      <span role="cell" data-column="automation">
        <Link to="/runs/$runId" params={{ runId: run.id }} className={classes['link']}>
          {run.automation_name}
        </Link>
        <ModeBadge mode={run.mode} />
        {run.error === null ? null : <span className={classes['errorText']}>{run.error.message}</span>}
        <span className={classes['under']} aria-hidden>
          {run.record_name ?? strings.event[trigger.event]}
          {run.error === null ? '' : ` · ${run.error.message}`}
        </span>
      </span>
      <span role="cell" data-column="trigger">
        {strings.event[trigger.event]}
      </span>
      <span role="cell" data-column="record">
        {trigger.record_id === null ? (
          strings.none
        ) : (
          <Link to="/records/$recordId" params={{ recordId: trigger.record_id }} className={classes['record']}>
            {run.record_name ?? strings.nameless}
          </Link>
        )}
      </span>
      <span role="cell" data-column="started">
        {run.started_at === null ? strings.none : <Time iso={run.started_at} />}
      </span>
      <span role="cell" data-column="took" className="numbers">
        {run.duration_ms === null || run.status === 'skipped' ? strings.none : duration(run.duration_ms)}
      </span>
    </>
  )
})
