import { ACTIONS, type ObjectAnswer, type Run, type Step } from '@kantos/model'
import { Text } from '@mantine/core'
import { Fragment, useEffect, useMemo, useRef, useState } from 'react'
import { ACTION_ICONS } from '../../components/flow/icons.tsx'
import { stepNode } from '../../components/flow/structure.ts'
import { StepDetail } from '../../components/run/step-detail.tsx'
import { StepPasses } from '../../components/run/step-passes.tsx'
import { duration } from '../../lib/time.ts'
import { strings as flow } from '../../strings/flow.ts'
import { strings } from '../../strings/runs.ts'
import classes from './run-steps.module.css'
import { type Bar, barsOf } from './timeline.ts'

const words = strings.page
const TONES: Partial<Record<Step['status'], string>> = {
  succeeded: 'good',
  failed: 'bad',
  waiting: 'info',
  running: 'info',
  retrying: 'warn',
  not_sent: 'warn',
}

interface RunStepsProps {
  run: Run
  objects: readonly ObjectAnswer[]
  object: ObjectAnswer | undefined
  selectedKey: string | null
  onSelect(node: string | null): void
  nameOf(key: string): string | undefined
}

const idOf = (step: Step, place: number): string => `${step.path}#${step.index ?? ''}#${place}`

/** The steps in their order, those of a loop by its passes, with bars of time; each opens to what it did. */
export function RunSteps({ run, objects, object, selectedKey, onSelect, nameOf }: RunStepsProps) {
  const { steps } = run
  const bars = useMemo(() => barsOf(steps, Date.now()), [steps])
  const [open, setOpen] = useState<string | null>(null)
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
  const row = (place: number) => {
    const step = steps[place]!
    const id = idOf(step, place)
    const isOpen = open === id
    return (
      <StepRow
        key={id}
        step={step}
        name={step.name ?? nameOf(step.key) ?? ACTIONS[step.type].label}
        bar={bars[place]!}
        isOpen={isOpen}
        onToggle={() => {
          setOpen(isOpen ? null : id)
          onSelect(isOpen ? null : stepNode(step.key))
        }}
        object={object}
        objects={objects}
      />
    )
  }
  return (
    <StepPasses
      steps={steps}
      row={row}
      className={classes['steps']}
      reaches={steps.findIndex((step, place) => idOf(step, place) === open)}
      ref={list}
    />
  )
}

interface StepRowProps {
  step: Step
  name: string
  bar: Bar
  isOpen: boolean
  onToggle(): void
  object: ObjectAnswer | undefined
  objects: readonly ObjectAnswer[]
}

/** One step: its name, how it ended, its bar of time, and what it did once it is open. */
function StepRow({ step, name, bar, isOpen, onToggle, object, objects }: StepRowProps) {
  const Icon = ACTION_ICONS[step.type]
  return (
    <li data-key={step.key} data-tone={TONES[step.status]}>
      <button type="button" className={classes['row']} aria-expanded={isOpen} onClick={onToggle}>
        <Icon size={16} stroke={1.6} aria-hidden />
        <span className={classes['name']}>{name}</span>
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
        <div className={classes['body']}>
          <StepDetail step={step} object={object} objects={objects} />
        </div>
      ) : null}
    </li>
  )
}
