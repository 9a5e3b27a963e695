import { Stack, Text, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconCircleX } from '@tabler/icons-react'
import { sentence } from '../../../components/editor/context.tsx'
import { findAction, parseNode } from '../../../components/flow/structure.ts'
import { actionName } from '../../../components/flow/words.ts'
import { strings } from '../../../strings/builder.ts'
import classes from '../builder.module.css'
import type { Draft } from '../document/draft.ts'
import type { FoundProblem } from '../state/check.ts'
import { Panel } from './panel.tsx'

interface ProblemsPanelProps {
  draft: Draft
  problems: readonly FoundProblem[]
  onSelect(node: string | null): void
  onClose(): void
}

/** All problems in one list; each leads to its place. */
export function ProblemsPanel({ draft, problems, onSelect, onClose }: ProblemsPanelProps) {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const warnings = problems.filter(({ severity }) => severity === 'warning')
  const list = (items: readonly FoundProblem[]) => (
    <ul className={classes['problemList']}>
      {items.map((problem) => (
        <li key={`${problem.path} ${sentence(problem.message)}`}>
          <UnstyledButton className={classes['problem']} onClick={() => onSelect(problem.node)}>
            {problem.severity === 'error' ? (
              <IconCircleX size={16} color="var(--k-bad)" aria-hidden />
            ) : (
              <IconAlertTriangle size={16} color="var(--k-warn)" aria-hidden />
            )}
            <span>
              <Text size="xs" c="dimmed" component="span" display="block">
                {partName(draft, problem.node)}
              </Text>
              <Text size="sm" component="span" display="block">
                {sentence(problem.message)}
              </Text>
              {problem.hint === undefined ? null : (
                <Text size="xs" c="dimmed" component="span">
                  {problem.hint}
                </Text>
              )}
            </span>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  )
  return (
    <Panel
      title={strings.problems.heading}
      subtitle={problems.length === 0 ? strings.problems.none : strings.problems.title(errors.length, warnings.length)}
      onClose={onClose}
    >
      <Stack gap="sm">
        {errors.length === 0 ? null : (
          <>
            <Text size="sm">{strings.problems.errors}</Text>
            {list(errors)}
          </>
        )}
        {warnings.length === 0 ? null : (
          <>
            <Text size="sm">{strings.problems.warnings}</Text>
            {list(warnings)}
          </>
        )}
      </Stack>
    </Panel>
  )
}

/** What a part is called in a list. */
export function partName(draft: Draft, node: string | null): string {
  const part = parseNode(node)
  if (part === null) return strings.problems.whole
  if (part.kind === 'trigger') return strings.trigger.heading
  if (part.kind === 'conditions') return strings.conditions.heading
  const action = findAction(draft.actions, part.key)?.action
  const name = action === undefined ? part.key : actionName(action)
  return part.kind === 'arm' ? `${name}: ${strings.arm.heading.toLowerCase()} ${part.arm + 1}` : name
}
