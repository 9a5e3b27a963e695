import { ACTIONS, type ObjectAnswer, type Run, type Step } from '@kantos/model'
import { Button, Text } from '@mantine/core'
import { type CSSProperties, Fragment, useEffect, useMemo, useRef, useState } from 'react'
import { ACTION_ICONS } from '../../components/flow/icons.tsx'
import { stepNode } from '../../components/flow/structure.ts'
import { StepDetail } from '../../components/run/step-detail.tsx'
import { duration } from '../../lib/time.ts'
import { strings as flow } from '../../strings/flow.ts'
import { strings } from '../../strings/runs.ts'
import classes from './run-steps.module.css'
import { passesOf } from './passes.ts'
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

/** The steps in their order, those of a loop by its passes, with bars of time; each opens to what it did. */
export function RunSteps({ run, objects, object, selectedKey, onSelect, nameOf }: RunStepsProps) {
  const { steps } = run
  const groups = useMemo(() => passesOf(steps), [steps])
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
  const limit = showsAll ? steps.length : SHOWN
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
    <>
      <ol className={classes['steps']} ref={list}>
        {groups.map(({ pass, depth, places }) => {
          const rows = places.filter((place) => place < limit).map(row)
          if (rows.length === 0 || depth === 0) return rows
          return (
            <li key={`pass ${places[0]}`} className={classes['pass']} style={{ '--depth': depth } as CSSProperties}>
              {pass === null ? null : <h3>{words.pass(pass.number, pass.of)}</h3>}
              <ol className={classes['steps']}>{rows}</ol>
            </li>
          )
        })}
      </ol>
      {steps.length <= limit ? null : (
        <Button variant="default" size="xs" mt={8} onClick={() => setShowsAll(true)}>
          {words.allSteps(steps.length)}
        </Button>
      )}
    </>
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
