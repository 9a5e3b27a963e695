import type { Overview } from '@kantos/model'
import { Anchor, Button, Text, Title } from '@mantine/core'
import { IconCircleCheck, IconHeartbeat } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { sentence } from '../../lib/sentence.ts'
import { number } from '../../lib/time.ts'
import { overviewStrings as words } from '../../strings/overview.ts'
import { Alerts } from './alerts.tsx'
import { hasAutomationsQuery, overviewQuery } from './api.ts'
import { Attention } from './attention.tsx'
import { HoursChart } from './hours-chart.tsx'
import classes from './overview.module.css'
import { worriesOf } from './worries.ts'

const CauseList = lazy(async () => ({ default: (await import('../../components/causes/cause-group.tsx')).CauseList }))

/** `/overview`: how the workspace fares. Nothing wrong is one quiet sentence. Source: docs/health.md */
export function OverviewPage() {
  const overview = useQuery(overviewQuery)
  const has = useQuery(hasAutomationsQuery)
  return (
    <Page title={words.title}>
      {overview.isPending || has.isPending ? <LoadingRows /> : null}
      {overview.isError ? <ErrorState error={overview.error} onRetry={() => void overview.refetch()} /> : null}
      {has.data === false && overview.isSuccess ? <First /> : null}
      {has.data !== false && !has.isPending && overview.data !== undefined ? <Shown overview={overview.data} /> : null}
    </Page>
  )
}

function First() {
  return (
    <EmptyState
      icon={<IconHeartbeat size={22} stroke={1.6} />}
      title={words.first.title}
      action={
        <Button component={Link} to="/automations/recipes">
          {words.first.recipes}
        </Button>
      }
    >
      {words.first.text}
    </EmptyState>
  )
}

function Shown({ overview }: { overview: Overview }) {
  const { last_24_hours: day, backlog, hours, causes, alerts } = overview
  const worries = worriesOf(overview)
  const oldest = Math.max(backlog.oldest_due_seconds, backlog.oldest_event_seconds)
  const due = {
    count: backlog.due.count + backlog.events.count,
    capped: backlog.due.capped || backlog.events.capped,
  }
  return (
    <div className={classes['overview']}>
      <div role="status" className={classes['verdict']}>
        {worries.length === 0 ? (
          <>
            <IconCircleCheck size={20} stroke={1.6} color="var(--k-good)" aria-hidden />
            <Text fw={500}>
              {words.quiet}{' '}
              <Text span c="dimmed" fw={400}>
                {words.quietText(overview)}
              </Text>
            </Text>
          </>
        ) : (
          <Text fw={500}>{sentence(list.format(worries))}</Text>
        )}
      </div>
      <dl className={classes['figures']}>
        <Figure label={words.figures.runs} to="/runs" text={words.figures.runsText(overview.counting)}>
          {number(day.runs)}
        </Figure>
        <Figure
          label={words.figures.errors}
          to="/runs/failures"
          text={words.figures.before(overview)}
          isBad={(day.error_rate ?? 0) > 0}
        >
          {words.rate(day.error_rate)}
        </Figure>
        <Figure label={words.figures.due} text={words.figures.dueText(due.count === 0 ? 0 : oldest)}>
          {words.counted(due)}
        </Figure>
        <Figure label={words.figures.waiting} to="/runs/waiting" text={words.figures.waitingText}>
          {words.counted(backlog.waiting)}
        </Figure>
      </dl>
      <section className={classes['section']}>
        <Title order={2}>{words.chart}</Title>
        <HoursChart hours={hours} />
      </section>
      {causes.length === 0 ? null : (
        <section className={classes['section']}>
          <div className={classes['sectionHead']}>
            <Title order={2}>{words.causes}</Title>
            <Anchor component={Link} to="/runs/failures" size="sm">
              {words.allCauses}
            </Anchor>
          </div>
          <div className={classes['causes']}>
            <Suspense fallback={<LoadingRows rows={2} />}>
              <CauseList causes={causes} from={hours[0]!.hour} />
            </Suspense>
          </div>
        </section>
      )}
      <Attention overview={overview} />
      <Alerts alerts={alerts} />
    </div>
  )
}

const list = new Intl.ListFormat('en', { type: 'conjunction' })

interface FigureProps {
  label: string
  text: string
  /** where more is to be seen */
  to?: string
  isBad?: boolean
  children: ReactNode
}

function Figure({ label, text, to, isBad = false, children }: FigureProps) {
  return (
    <div className={classes['figure']}>
      <dt>
        {to === undefined ? (
          label
        ) : (
          <Link to={to} className={classes['figureLink']}>
            {label}
          </Link>
        )}
      </dt>
      <dd className={classes['value']} data-bad={isBad || undefined}>
        {children}
      </dd>
      <dd className={classes['reason']}>{text}</dd>
    </div>
  )
}
