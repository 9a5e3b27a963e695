import { ACTIONS, type DryRun, type ObjectAnswer, type Step } from '@kantos/model'
import { Anchor, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEditor } from '../../../components/editor/context.tsx'
import { sentence } from '../../../lib/sentence.ts'
import { ACTION_ICONS } from '../../../components/flow/icons.tsx'
import { stepNode } from '../../../components/flow/structure.ts'
import { ErrorWords } from '../../../components/run/error-words.tsx'
import { RuleVerdicts } from '../../../components/run/rule-verdicts.tsx'
import { StepDetail } from '../../../components/run/step-detail.tsx'
import { StepPasses } from '../../../components/run/step-passes.tsx'
import { strings } from '../../../strings/builder.ts'
import { strings as flow } from '../../../strings/flow.ts'
import { strings as runs } from '../../../strings/runs.ts'
import parts from '../panel/parts.module.css'
import classes from './try-result.module.css'

const words = strings.try

/** What would happen: each rule with its verdict, each step as it would look. */
export function TryResult({
  run,
  object,
  onSelect,
}: {
  run: DryRun
  object: ObjectAnswer | undefined
  onSelect(node: string): void
}) {
  const { objects } = useEditor()
  const { passed, rules, match } = run.conditions
  const stepError = run.error !== null && run.steps.some(({ error }) => error?.message === run.error?.message)
  return (
    <Stack gap="md" aria-live="polite">
      {run.matched ? null : (
        <p className={parts['assumed']} data-tone="bad">
          {words.notMatched} {run.why}
        </p>
      )}
      {run.notes.map((note) => (
        <p key={note} className={parts['assumed']}>
          {sentence(note)}
        </p>
      ))}
      <section>
        <Title order={3} size="h3" mb={8}>
          {strings.conditions.heading}
        </Title>
        <Text size="sm" fw={500} c={passed ? 'var(--k-good)' : 'var(--k-bad)'} mb={8}>
          {rules.length === 0 ? words.noConditions : passed ? words.passed : words.notPassed}
        </Text>
        {rules.length === 0 ? null : <RuleVerdicts match={match} rules={rules} object={object} />}
      </section>
      {run.error === null || stepError ? null : <ErrorWords error={run.error} />}
      {passed ? (
        <section>
          <Title order={3} size="h3" mb={8}>
            {words.steps}
          </Title>
          {run.steps.length === 0 ? (
            <Text size="sm" c="dimmed">
              {runs.noSteps}
            </Text>
          ) : null}
          <StepPasses
            steps={run.steps}
            className={classes['tried']}
            heading="h4"
            row={(place) => (
              <TriedStep key={place} step={run.steps[place]!} object={object} objects={objects} onSelect={onSelect} />
            )}
          />
        </section>
      ) : null}
      {run.matched && run.why !== null && passed ? <p className={parts['assumed']}>{sentence(run.why)}</p> : null}
      {run.predictions.length === 0 ? null : <Predictions run={run} />}
    </Stack>
  )
}

interface TriedStepProps {
  step: Step
  object: ObjectAnswer | undefined
  objects: readonly ObjectAnswer[]
  onSelect(node: string): void
}

/** One step, and what it would do. */
function TriedStep({ step, object, objects, onSelect }: TriedStepProps) {
  const Icon = ACTION_ICONS[step.type]
  const isGood = step.status === 'succeeded' || step.status === 'not_sent'
  const tone = step.status === 'failed' ? 'bad' : isGood ? 'good' : 'quiet'
  return (
    <li className={classes['step']}>
      <UnstyledButton className={classes['triedHead']} onClick={() => onSelect(stepNode(step.key))}>
        <Icon size={16} stroke={1.6} aria-hidden />
        <span className={classes['triedName']}>{step.name ?? ACTIONS[step.type].label}</span>
        <span className={classes['tone']} data-tone={tone}>
          {flow.outcome[step.status === 'not_sent' ? 'would_send' : step.status]}
        </span>
      </UnstyledButton>
      <StepDetail step={step} object={object} objects={objects} isReal={false} />
    </li>
  )
}

/** The automations that its writes would start. */
function Predictions({ run }: { run: DryRun }) {
  return (
    <section>
      <Title order={3} size="h3" mb={8}>
        {words.predictions}
      </Title>
      <ul className={parts['lines']}>
        {run.predictions.map(({ automation_id: id, name, why, step_key: key, records }) => (
          <li key={`${id} ${key}`}>
            <Anchor component={Link} to={`/automations/${id}` as never} size="sm">
              {name}
            </Anchor>{' '}
            {why}
            {records > 1 ? ` (${words.records(records)})` : ''}
          </li>
        ))}
      </ul>
    </section>
  )
}
