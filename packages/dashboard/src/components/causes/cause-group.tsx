import { ACTIONS, type Action, type FailureCause } from '@kantos/model'
import { Anchor, Button } from '@mantine/core'
import { IconChevronRight, IconRotateClockwise } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { findAction } from '../flow/structure.ts'
import { LoadingRows } from '../states.tsx'
import { Time } from '../time.tsx'
import { useCan } from '../../lib/session.ts'
import { failureStrings as words } from '../../strings/failures.ts'
import { strings } from '../../strings/runs.ts'
import { RUN_STATUS_WORDS } from '../../lib/run-status.ts'
import { StatusDot } from '../status-dot.tsx'
import { causeRunsQuery, stepsQuery } from './api.ts'
import { causeWords } from './cause-words.ts'
import classes from './causes.module.css'
import { retryCause } from './retry-cause.tsx'

/** Failures, those of one cause together. @param from ISO; runs that began before are left out */
export function CauseList({ causes, from }: { causes: readonly FailureCause[]; from: string }) {
  return (
    <ul className={classes['causes']} aria-label={words.label}>
      {causes.map((cause) => (
        <CauseGroup key={cause.key} cause={cause} from={from} />
      ))}
    </ul>
  )
}

/** The failed runs of one cause: what went wrong and how often; it opens to its runs. */
function CauseGroup({ cause, from }: { cause: FailureCause; from: string }) {
  const canEdit = useCan('editor')
  const [isOpen, setOpen] = useState(false)
  const body = useId()
  const steps = useQuery(stepsQuery(cause.automation_id))
  const isGone = steps.data === null
  const found =
    cause.step_key === null ? undefined : findAction((steps.data?.actions ?? []) as Action[], cause.step_key)?.action
  const step =
    cause.step_key === null
      ? words.between
      : found === undefined
        ? cause.step_key
        : (found.name ?? ACTIONS[found.type].label)
  const open = cause.runs - cause.retried
  const isCapped = cause.capped === true
  return (
    <li className={classes['cause']}>
      <div className={classes['head']}>
        <button
          type="button"
          className={classes['toggle']}
          aria-expanded={isOpen}
          aria-controls={body}
          onClick={() => setOpen(!isOpen)}
        >
          <IconChevronRight size={16} className={classes['chevron']} data-open={isOpen || undefined} aria-hidden />
          <span className={classes['text']}>
            <span className={classes['message']}>{causeWords(cause.cause)}</span>
            <span className={classes['where']}>
              {cause.automation_name} · {step}
            </span>
          </span>
        </button>
        <div className={classes['figures']}>
          <span className={classes['count']}>{words.runs(cause.runs, isCapped)}</span>
          <span className={classes['where']}>
            {words.last} <Time iso={cause.last_at} />
          </span>
        </div>
        <div className={classes['act']}>
          {isGone ? (
            <span className={classes['where']}>{words.gone}</span>
          ) : open > 0 || isCapped ? (
            canEdit && (
              <Button
                variant="default"
                leftSection={<IconRotateClockwise size={15} aria-hidden />}
                onClick={() => void retryCause(cause, from)}
              >
                {words.retryAll(open, isCapped)}
              </Button>
            )
          ) : (
            <span className={classes['where']}>{words.allRetried}</span>
          )}
        </div>
      </div>
      <div id={body} hidden={!isOpen}>
        {isOpen ? <Opened cause={cause} from={from} /> : null}
      </div>
    </li>
  )
}

function Opened({ cause, from }: { cause: FailureCause; from: string }) {
  const runs = useQuery(causeRunsQuery(cause, from))
  return (
    <div className={classes['body']}>
      <p className={classes['facts']}>
        <span data-kind={cause.kind} className={classes['kind']} title={words.kindHints[cause.kind]}>
          {words.kinds[cause.kind]}
        </span>
        <span>
          {words.first} <Time iso={cause.first_at} />
        </span>
        {cause.retried > 0 ? <span>{words.retried(cause.retried)}</span> : null}
        <code>{cause.code}</code>
      </p>
      {runs.isPending ? <LoadingRows rows={2} /> : null}
      <ul className={classes['runs']} aria-label={words.open}>
        {runs.data?.data.map((run) => (
          <li key={run.id}>
            <Anchor component={Link} to={`/runs/${run.id}` as never} size="sm" className="truncate">
              {run.record_name ?? strings.event[run.trigger.event]}
            </Anchor>
            <span className={`${classes['why']} truncate`} title={run.error?.message}>
              {run.error?.message}
            </span>
            {run.retried_by === undefined ? (
              <StatusDot tone={RUN_STATUS_WORDS[run.status].tone}>{RUN_STATUS_WORDS[run.status].label}</StatusDot>
            ) : (
              <Anchor component={Link} to={`/runs/${run.retried_by}` as never} size="sm">
                {strings.retry.retried}
              </Anchor>
            )}
            <span className={classes['when']}>{run.finished_at === null ? null : <Time iso={run.finished_at} />}</span>
          </li>
        ))}
      </ul>
      <Anchor component={Link} to="/runs" search={{ cause: cause.key } as never} size="sm">
        {words.allRuns}
      </Anchor>
    </div>
  )
}
