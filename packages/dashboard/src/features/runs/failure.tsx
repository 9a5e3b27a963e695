import { ACTIONS, type Run } from '@kantos/model'
import { Anchor, Button, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { stepNode } from '../../components/flow/structure.ts'
import { ErrorWords } from '../../components/run/error-words.tsx'
import { strings } from '../../strings/runs.ts'
import classes from './run-page.module.css'

interface FailureProps {
  run: Run
  nameOf(key: string): string | undefined
  onSelect(node: string): void
}

/** Why a run came to nothing, before anything else; an exit as planned, or a record that isn't taken again, is no failure. */
export function Failure({ run, nameOf, onSelect }: FailureProps) {
  const { error, status } = run
  if (error === null) return null
  if (status === 'cancelled' || status === 'skipped') {
    return (
      <Text size="sm" className={classes['banner']}>
        {error.message}
      </Text>
    )
  }
  const step = run.steps.findLast(({ key }) => key === error.step_key)
  const name = step === undefined ? null : (step.name ?? nameOf(step.key) ?? ACTIONS[step.type].label)
  return (
    <section className={classes['banner']} aria-label={strings.status[status]}>
      <ErrorWords error={error} title={name === null ? strings.status[status] : strings.page.failedAt(name)}>
        {step === undefined ? null : (
          <Button variant="default" size="compact-sm" onClick={() => showStep(step.key, onSelect)}>
            {strings.page.showStep}
          </Button>
        )}
        {run.retried_by === undefined ? null : (
          <Anchor component={Link} to={`/runs/${run.retried_by}` as never} size="sm">
            {strings.retry.retriedAs} {strings.retry.openRetry}
          </Anchor>
        )}
      </ErrorWords>
    </section>
  )
}

/** Opens a step and brings it into sight, also where the details stand below the flow. */
function showStep(key: string, onSelect: (node: string) => void): void {
  onSelect(stepNode(key))
  requestAnimationFrame(() => {
    const row = globalThis.document.querySelector<HTMLElement>(`li[data-key="${CSS.escape(key)}"] button`)
    row?.scrollIntoView({ block: 'center' })
    row?.focus({ preventScroll: true })
  })
}
