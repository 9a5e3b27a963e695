import type { ObjectAnswer } from '@kantos/model'
import { Stack, Text, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconCircleDashed, IconCircleX } from '@tabler/icons-react'
import { useEditor } from '../../../components/editor/context.tsx'
import { problemWords } from '../../../components/editor/problem-words.ts'
import type { ReactNode } from 'react'
import { ERROR_ARM, findAction, parseNode } from '../../../components/flow/structure.ts'
import { actionName, fieldWords } from '../../../components/flow/words.ts'
import { findObject } from '../../../lib/objects.ts'
import { strings } from '../../../strings/builder.ts'
import parts from './parts.module.css'
import classes from './problems-panel.module.css'
import type { Draft } from '../document/draft.ts'
import type { FoundProblem } from '../state/check.ts'
import { idOf } from '../state/quiet.ts'
import { saidTogether } from '../state/same.ts'
import { Panel } from './panel.tsx'

interface ProblemsPanelProps {
  draft: Draft
  problems: readonly FoundProblem[]
  /** what is empty, but isn't called wrong yet */
  toFillIn: readonly FoundProblem[]
  onSelect(problem: FoundProblem): void
  onClose(): void
}

/** All problems in one list; each leads to its place. */
export function ProblemsPanel({ draft, problems, toFillIn, onSelect, onClose }: ProblemsPanelProps) {
  const { objects } = useEditor()
  const object = findObject(objects, String(draft.trigger['object'] ?? ''))
  const errors = problems.filter(({ severity }) => severity === 'error')
  const warnings = saidTogether(problems.filter(({ severity }) => severity === 'warning'))
  const alone = (items: readonly FoundProblem[]) => items.map((one) => [one])
  const list = (groups: readonly FoundProblem[][], icon: ReactNode) => (
    <ul className={parts['list']}>
      {groups.map((group) => {
        const problem = group[0]!
        const { text, hint } = problemWords({ ...problem, ...ruleField(draft, problem.path, object) })
        return (
          <li key={idOf(problem)}>
            <UnstyledButton className={classes['problem']} onClick={() => onSelect(problem)}>
              {icon}
              <span className={classes['words']}>
                <Text size="xs" c="dimmed" component="span" display="block">
                  {strings.problems.at(partName(draft, problem.node), group.length - 1)}
                </Text>
                <Text size="sm" component="span" display="block">
                  {text}
                </Text>
                {hint === undefined ? null : (
                  <Text size="xs" c="dimmed" component="span">
                    {hint}
                  </Text>
                )}
              </span>
            </UnstyledButton>
          </li>
        )
      })}
    </ul>
  )
  const words = strings.problems
  const title = words.title(errors.length, warnings.length, toFillIn.length)
  return (
    <Panel title={strings.problems.heading} subtitle={title === '' ? words.none : title} onClose={onClose}>
      <Stack gap="sm">
        {errors.length === 0 ? null : (
          <>
            <Text size="sm">{words.errors}</Text>
            {list(alone(errors), <IconCircleX size={16} color="var(--k-bad)" aria-hidden />)}
          </>
        )}
        {toFillIn.length === 0 ? null : (
          <>
            <Text size="sm">{words.toFillIn}</Text>
            {list(alone(toFillIn), <IconCircleDashed size={16} color="var(--k-dimmed)" aria-hidden />)}
          </>
        )}
        {warnings.length === 0 ? null : (
          <>
            <Text size="sm">{words.warnings}</Text>
            {list(warnings, <IconAlertTriangle size={16} color="var(--k-warn)" aria-hidden />)}
          </>
        )}
      </Stack>
    </Panel>
  )
}

/** What the rule looks at whose value a pointer names. */
function ruleField(draft: Draft, pointer: string, object: ObjectAnswer | undefined): { field?: string } {
  if (!pointer.endsWith('/value')) return {}
  let part: unknown = draft
  for (const key of pointer.split('/').slice(1, -1)) part = (part as Record<string, unknown> | undefined)?.[key]
  const field = (part as { field?: unknown } | undefined)?.field
  return typeof field === 'string' && field !== '' ? { field: fieldWords(field, object) } : {}
}

/** What a part is called in a list. */
export function partName(draft: Draft, node: string | null): string {
  const part = parseNode(node)
  if (part === null) return strings.problems.whole
  if (part.kind === 'trigger') return strings.trigger.heading
  if (part.kind === 'conditions') return strings.conditions.heading
  const action = findAction(draft.actions, part.key)?.action
  const name = action === undefined ? part.key : actionName(action)
  if (part.kind === 'arm' && part.arm === ERROR_ARM) return strings.errorPath.name(name)
  return part.kind === 'arm' ? `${name}: ${strings.arm.heading.toLowerCase()} ${part.arm + 1}` : name
}
