import { Badge, Switch } from '@mantine/core'
import type { AutomationListItem, ObjectAnswer } from '@kantos/model'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { SparkBars } from '../../components/spark-bars.tsx'
import { StatusDot } from '../../components/status-dot.tsx'
import { Time } from '../../components/time.tsx'
import { RUN_STATUS_WORDS } from '../../lib/run-status.ts'
import { number } from '../../lib/time.ts'
import { triggerWords } from '../../lib/trigger-words.ts'
import { automationStrings as words } from '../../strings/automations.ts'
import { silenceWords } from '../../strings/silence.ts'
import classes from './automation-row.module.css'
import { AutomationMenu } from './automation-menu.tsx'
import { useToggle } from './use-changes.ts'

const COLUMNS = ['active', 'name', 'trigger', 'lastRun', 'week', 'actions'] as const

/** The names of the columns. */
export function AutomationsHead() {
  return (
    <div role="row" aria-rowindex={1} className={`${classes.row} ${classes.head}`}>
      {COLUMNS.map((column) => (
        <span key={column} role="columnheader" className={classes[column]}>
          {column === 'actions' ? (
            <span className="visually-hidden">{words.columns.actions}</span>
          ) : (
            words.columns[column]
          )}
        </span>
      ))}
    </div>
  )
}

interface AutomationRowProps {
  automation: AutomationListItem
  objects: readonly ObjectAnswer[]
  editable: boolean
}

/** One automation: whether it is on, its name, what starts it, and how it went lately. */
export const AutomationRow = memo(function AutomationRow({ automation, objects, editable }: AutomationRowProps) {
  const toggle = useToggle()
  const { id, name, status, mode, flags, last_run: last, stats } = automation
  const active = status === 'active'
  const [flag] = flags
  const notDone = silenceWords(automation).join(' ')
  return (
    <div className={classes.row} role="none">
      <div role="cell" className={classes.active}>
        <Switch
          checked={active}
          disabled={!editable}
          onChange={(event) => toggle.mutate({ id, active: event.currentTarget.checked })}
          aria-label={active ? words.deactivate(name) : words.activate(name)}
        />
      </div>
      <div role="cell" className={classes.name}>
        <div className={classes.title}>
          <Link to="/automations/$automationId" params={{ automationId: id }} className={`${classes.link} truncate`}>
            {name}
          </Link>
          {mode === 'test' && (
            <Badge color="var(--k-warn)" className={classes.badge} title={words.testModeHint}>
              {words.testMode}
            </Badge>
          )}
          {flag !== undefined && <Flag tone="bad">{words.flags[flag.code]}</Flag>}
          {notDone !== '' && <Flag tone="warn">{notDone}</Flag>}
        </div>
        <div className={`${classes.under} truncate`}>{triggerWords(automation.trigger, objects)}</div>
      </div>
      <div role="cell" className={`${classes.trigger} truncate`}>
        {triggerWords(automation.trigger, objects)}
      </div>
      <div role="cell" className={classes.lastRun}>
        {last === null ? (
          <span className={classes.dimmed}>{words.never}</span>
        ) : (
          <Link to={'/runs/$runId' as string} params={{ runId: last.id } as never} className="plain">
            <StatusDot tone={RUN_STATUS_WORDS[last.status].tone}>
              {last.started_at === null ? RUN_STATUS_WORDS[last.status].label : <Time iso={last.started_at} />}
              <span className="visually-hidden">{RUN_STATUS_WORDS[last.status].label}</span>
            </StatusDot>
          </Link>
        )}
      </div>
      <div role="cell" className={classes.week}>
        <SparkBars days={stats.days} label={words.week(number(stats.runs), number(stats.failed))} />
        <span className={`${classes.counts} numbers`} aria-hidden="true">
          {number(stats.runs)}
          {stats.failed > 0 && <span className={classes.failed}>{number(stats.failed)} failed</span>}
        </span>
      </div>
      <div role="cell" className={classes.actions}>
        <AutomationMenu automation={automation} editable={editable} />
      </div>
    </div>
  )
})

/** A triangle; what it stands for is its name and its tooltip. */
function Flag({ tone, children: label }: { tone: 'bad' | 'warn'; children: string }) {
  return (
    <span title={label} className={classes.flag}>
      <IconAlertTriangle size={16} color={`var(--k-${tone})`} role="img" aria-label={label} />
    </span>
  )
}
