import type { WaitEntry } from '@kantos/model'
import { ActionIcon, Checkbox } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { popupOnDemand } from '../../../components/popup-on-demand.tsx'
import { Time } from '../../../components/time.tsx'
import { sentence } from '../../../lib/sentence.ts'
import { dateTime } from '../../../lib/time.ts'
import { strings } from '../../../strings/runs.ts'
import { waitStrings as words } from '../../../strings/waits.ts'
import { ModeBadge } from '../status.tsx'
import type { WaitAction } from './move.ts'
import classes from './waits.module.css'

/** An instant within the words. */
const ISO = /\b\d{4}-\d{2}-\d{2}T[\d:.]+Z/g

const WaitMenu = popupOnDemand<{ onAct(action: WaitAction): void }>(() => import('./wait-menu-items.tsx'))

interface WaitHeadProps {
  /** null: who looks can't select */
  selection: { all: boolean; some: boolean; onToggle(): void } | null
}

/** The names of the columns. */
export function WaitHead({ selection }: WaitHeadProps) {
  return (
    <div role="row" aria-rowindex={1} className={`${classes['row']} ${classes['head']}`}>
      <span role="columnheader">
        {selection === null ? null : (
          <Checkbox
            size="xs"
            aria-label={words.selectAll}
            checked={selection.all}
            indeterminate={selection.some && !selection.all}
            onChange={selection.onToggle}
          />
        )}
      </span>
      {Object.entries(words.columns).map(([column, label]) => (
        <span key={column} role="columnheader" data-column={column}>
          {label}
        </span>
      ))}
      <span role="columnheader">
        <span className="visually-hidden">{strings.bulkActions.menu}</span>
      </span>
    </div>
  )
}

interface WaitRowProps {
  wait: WaitEntry
  editable: boolean
  isSelected: boolean
  onSelect(id: string): void
  onAct(action: WaitAction, wait: WaitEntry): void
}

/** A run that waits: when it goes on, what for, and what can be done about it. */
export const WaitRow = memo(function WaitRow({ wait, editable, isSelected, onSelect, onAct }: WaitRowProps) {
  const name = wait.record_name ?? wait.automation_name
  const what = sentence(wait.waits_for.replace(ISO, dateTime)).replace(/\.$/, '')
  const isDue = Date.parse(wait.due_at) <= Date.now()
  return (
    <div className={classes['row']} role="none" data-selected={isSelected || undefined}>
      <span role="cell" className={classes['above']}>
        {editable ? (
          <Checkbox
            size="xs"
            aria-label={words.select(name)}
            checked={isSelected}
            onChange={() => onSelect(wait.run_id)}
          />
        ) : null}
      </span>
      <span role="cell" data-column="due">
        {isDue ? words.dueNow : <Time iso={wait.due_at} />}
        {wait.kind === 'event' && !isDue ? <span className={classes['note']}> {words.timeUp}</span> : null}
      </span>
      <span role="cell" data-column="automation">
        <Link to="/runs/$runId" params={{ runId: wait.run_id }} className={classes['link']}>
          {wait.automation_name}
        </Link>
        <ModeBadge mode={wait.mode} />
        <span className={classes['under']} aria-hidden>
          {[wait.record_name, what].filter(Boolean).join(' · ')}
        </span>
      </span>
      <span role="cell" data-column="what" title={what}>
        {what}
      </span>
      <span role="cell" data-column="record">
        {wait.record_id === null ? (
          strings.none
        ) : (
          <Link to="/records/$recordId" params={{ recordId: wait.record_id }} className={classes['record']}>
            {wait.record_name ?? strings.nameless}
          </Link>
        )}
      </span>
      <span role="cell" data-column="since">
        <Time iso={wait.since} />
      </span>
      <span role="cell" className={classes['above']}>
        {editable ? (
          <WaitMenu
            onAct={(action) => onAct(action, wait)}
            trigger={
              <ActionIcon aria-label={words.more(name)}>
                <IconDots size={16} aria-hidden />
              </ActionIcon>
            }
          />
        ) : null}
      </span>
    </div>
  )
})
