import type { Overview } from '@kantos/model'
import { Anchor, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { StatusDot, type Tone } from '../../components/status-dot.tsx'
import { Time } from '../../components/time.tsx'
import { overviewStrings as words } from '../../strings/overview.ts'
import { silenceStrings } from '../../strings/silence.ts'
import classes from './overview.module.css'

/** Automations that were turned off, fell silent, or whose schedule was missed, each with its reason. */
export function Attention({ overview: { paused, silent, overdue, at } }: { overview: Overview }) {
  if (paused.length + silent.length + overdue.length === 0) return null
  const now = Date.parse(at)
  return (
    <section className={classes['section']}>
      <Title order={2}>{words.attention}</Title>
      <ul className={classes['list']}>
        {paused.map((one) => (
          <Line key={`paused ${one.automation_id}`} automation={one} tone="bad" at={one.at}>
            {words.paused} <RunLink id={one.run_id}>{words.failedRun}</RunLink>
          </Line>
        ))}
        {overdue.map((one) => (
          <Line key={`overdue ${one.automation_id} ${one.tick}`} automation={one} tone="warn" at={one.tick}>
            {silenceStrings.overdue(one.tick, now)}
          </Line>
        ))}
        {silent.map((one) => (
          <Line key={`silent ${one.automation_id}`} automation={one} tone="warn" at={one.since}>
            {silenceStrings.silent(one, now)}{' '}
            {one.last_run_id === null ? null : <RunLink id={one.last_run_id}>{silenceStrings.lastRun}</RunLink>}
          </Line>
        ))}
      </ul>
    </section>
  )
}

interface LineProps {
  automation: { automation_id: string; automation_name: string }
  tone: Tone
  at: string
  children: ReactNode
}

function Line({ automation: { automation_id: id, automation_name: name }, tone, at, children }: LineProps) {
  return (
    <li className={classes['line']}>
      <div>
        <StatusDot tone={tone}>
          <Anchor component={Link} to={`/automations/${id}` as never} size="sm" fw={500} c="var(--k-text)">
            {name}
          </Anchor>
        </StatusDot>
        <p className={classes['reason']}>{children}</p>
      </div>
      <span className={classes['when']}>
        <Time iso={at} />
      </span>
    </li>
  )
}

function RunLink({ id, children }: { id: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={`/runs/${id}` as never} size="sm" underline="always">
      {children}
    </Anchor>
  )
}
