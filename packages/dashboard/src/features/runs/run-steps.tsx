import { ACTIONS, type ObjectAnswer, type Run, type Step } from '@kantos/model'
import { Button, Text } from '@mantine/core'
import { Fragment, useEffect, useMemo, useRef, useState } from 'react'
import { ACTION_ICONS } from '../../components/flow/icons.tsx'
import { stepNode } from '../../components/flow/structure.ts'
import { StepDetail } from '../../components/run/step-detail.tsx'
import { duration } from '../../lib/time.ts'
import { strings as flow } from '../../strings/flow.ts'
import { strings } from '../../strings/runs.ts'
import classes from './runs.module.css'
import { barsOf } from './timeline.ts'

const words = strings.page
const TONES: Partial<Record<Step['status'], string>> = {
  succeeded: 'good',
  failed: 'bad',
  waiting: 'info',
  running: 'info',
  retrying: 'warn',
  not_sent: 'warn',
}

/** Of a loop over very many items, the first are shown until all are wanted. */
const SHOWN = 100

interface RunStepsProps {
  run: Run
  objects: readonly ObjectAnswer[]
  object: ObjectAnswer | undefined
  selectedKey: string | null
  onSelect(node: string | null): void
  nameOf(key: string): string | undefined
}

const idOf = (step: Step, place: number): string => `${step.path}#${step.index ?? ''}#${place}`

/** The steps in their order, with bars of time; each opens to what it did. */
export function RunSteps({ run, objects, object, selectedKey, onSelect, nameOf }: RunStepsProps) {
  const { steps } = run
  const bars = useMemo(() => barsOf(steps, Date.now()), [steps])
  const [open, setOpen] = useState<string | null>(null)
  const [showsAll, setShowsAll] = useState(false)
  const list = useRef<HTMLOListElement>(null)
  const first = useRef(true)
  useEffect(() => {
    if (selectedKey === null) return
    const place = steps.findIndex(
      (step) =>
        step.key === selectedKey &&
        (step.status === 'failed' || !steps.some((one) => one.key === selectedKey && one.status === 'failed')),
    )
    if (place < 0) return
    if (place >= SHOWN) setShowsAll(true)
    setOpen((now) =>
      now !== null && steps.some((step, at) => idOf(step, at) === now && step.key === selectedKey)
        ? now
        : idOf(steps[place]!, place),
    )
    if (!first.current)
      list.current?.querySelector(`[data-key="${CSS.escape(selectedKey)}"]`)?.scrollIntoView({ block: 'nearest' })
    first.current = false
    // a run under way gets new steps; what is open stays open
  }, [selectedKey]) // oxlint-disable-line react-hooks/exhaustive-deps
  if (steps.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {words.noSteps}
      </Text>
    )
  }
  const shown = showsAll || steps.length <= SHOWN ? steps : steps.slice(0, SHOWN)
  return (
    <>
      <ol className={classes['steps']} ref={list}>
        {shown.map((step, place) => {
          const id = idOf(step, place)
          const Icon = ACTION_ICONS[step.type]
          const isOpen = open === id
          const bar = bars[place]!
          return (
            <li key={id} data-key={step.key} data-tone={TONES[step.status]}>
              <button
                type="button"
                className={classes['stepRow']}
                aria-expanded={isOpen}
                onClick={() => {
                  setOpen(isOpen ? null : id)
                  onSelect(isOpen ? null : stepNode(step.key))
                }}
              >
                <Icon size={16} stroke={1.6} aria-hidden />
                <span className={classes['stepName']}>
                  {step.name ?? nameOf(step.key) ?? ACTIONS[step.type].label}
                  {step.index === undefined ? null : (
                    <Text span size="xs" c="dimmed">
                      {' '}
                      {words.item(step.index + 1)}
                    </Text>
                  )}
                </span>
                <span className={classes['outcome']}>
                  {flow.outcome[step.status]}
                  {step.duration_ms === null || step.duration_ms < 1 ? null : (
                    <Fragment>
                      {' '}
                      <Text span size="xs" c="dimmed" className="numbers">
                        {duration(step.duration_ms)}
                      </Text>
                    </Fragment>
                  )}
                </span>
                <span className={classes['bar']} aria-hidden>
                  <span style={{ left: `${Math.min(97, bar.left)}%`, width: `${bar.width}%` }} />
                </span>
              </button>
              {isOpen ? (
                <div className={classes['stepBody']}>
                  <StepDetail step={step} object={object} objects={objects} />
                </div>
              ) : null}
            </li>
          )
        })}
      </ol>
      {shown.length === steps.length ? null : (
        <Button variant="default" size="xs" mt={8} onClick={() => setShowsAll(true)}>
          {words.allSteps(steps.length)}
        </Button>
      )}
    </>
  )
}
