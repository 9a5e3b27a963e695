import type { BranchArm } from '@kantos/model'
import { ActionIcon, Button, Group, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconArrowLeft, IconArrowRight, IconPlus, IconTrash } from '@tabler/icons-react'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { armNode, armsOf } from '../components/flow/structure.ts'
import { armWords } from '../components/flow/words.ts'
import { strings } from '../strings/actions.ts'
import classes from './actions.module.css'
import type { ActionFormProps } from './form.ts'

const words = strings.branch

/** Conditional Branch: its ways in their order. The conditions of a way are edited at the way itself. */
export function BranchForm({ action, set, onSelect }: ActionFormProps) {
  const { object, readOnly } = useEditor()
  const problem = useProblem('/config/conditions')
  const arms = armsOf(action)
  const change = (next: readonly BranchArm[]): void => set('conditions', next)
  const hasElse = arms.some((way) => 'else' in way)
  const ways = arms.length - (hasElse ? 1 : 0)
  const swap = (index: number, by: -1 | 1): void => {
    const next = [...arms]
    ;[next[index], next[index + by]] = [next[index + by]!, next[index]!]
    change(next)
  }
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {words.hint}
      </Text>
      {arms.map((way, index) => {
        const steps = 'else' in way ? way.else : way.then
        const name = 'else' in way ? words.otherwise : words.way(index + 1)
        return (
          <div key={index} className={classes['way']}>
            <UnstyledButton
              className={classes['wayWords']}
              data-begin={index === 0 || undefined}
              onClick={() => onSelect(armNode(action.key, index))}
            >
              <Text size="sm" fw={500} lineClamp={2}>
                {armWords(way, object)}
              </Text>
              <Text size="xs" c="dimmed">
                {words.steps(steps.length)}
              </Text>
            </UnstyledButton>
            {readOnly ? null : (
              <>
                <ActionIcon
                  aria-label={words.up(name)}
                  disabled={'else' in way || index === 0}
                  onClick={() => swap(index, -1)}
                >
                  <IconArrowLeft size={15} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  aria-label={words.down(name)}
                  disabled={'else' in way || index >= ways - 1}
                  onClick={() => swap(index, 1)}
                >
                  <IconArrowRight size={15} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  aria-label={words.remove(name)}
                  disabled={arms.length === 1}
                  onClick={() => change(arms.filter((_, at) => at !== index))}
                >
                  <IconTrash size={15} aria-hidden />
                </ActionIcon>
              </>
            )}
          </div>
        )
      })}
      {problem === undefined ? null : (
        <Text size="xs" c="var(--mantine-color-error)">
          {problem}
        </Text>
      )}
      {readOnly ? null : (
        <Group gap={8}>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => {
              const way: BranchArm = { if: { match: 'all', rules: [] }, then: [] }
              change(hasElse ? [...arms.slice(0, -1), way, arms.at(-1)!] : [...arms, way])
              onSelect(armNode(action.key, ways))
            }}
          >
            {words.addWay}
          </Button>
          {hasElse ? null : (
            <Button variant="subtle" color="gray" size="xs" onClick={() => change([...arms, { else: [] }])}>
              {words.addElse}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  )
}
