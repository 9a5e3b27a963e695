import type { Action, BranchArm } from '@kantos/model'
import { Button, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { GroupEditor } from '../../../components/conditions/group-editor.tsx'
import { groupOf } from '../../../components/conditions/rules.ts'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { armsOf, ERROR_ARM } from '../../../components/flow/structure.ts'
import { actionName } from '../../../components/flow/words.ts'
import { strings } from '../../../strings/builder.ts'
import type { Editing } from '../state/use-editing.ts'
import { Panel } from './panel.tsx'

/** The form of one way of a branch. */
export function ArmPanel({
  editing,
  arm,
  action,
  warnings,
  onClose,
}: {
  editing: Editing
  arm: number
  action: Parameters<typeof armsOf>[0]
  warnings: string[]
  onClose(): void
}) {
  const { readOnly } = useEditor()
  const way = armsOf(action)[arm]
  if (way === undefined) return null
  const change = (next: BranchArm): void =>
    editing.changeAction(
      action.key,
      (now) => ({
        ...now,
        config: { ...now.config, conditions: armsOf(now).map((one, index) => (index === arm ? next : one)) },
      }),
      `${action.key}.${arm}`,
    )
  return (
    <Panel
      title={'else' in way ? strings.arm.last : strings.arm.numbered(arm + 1)}
      subtitle={actionName(action)}
      warnings={warnings}
      onClose={onClose}
    >
      <Stack gap="md">
        {'else' in way ? (
          <Text size="sm" c="dimmed">
            {strings.arm.otherwise}
          </Text>
        ) : (
          <ArmRules way={way} onChange={change} />
        )}
        {readOnly || armsOf(action).length < 2 ? null : (
          <Button
            variant="subtle"
            color="gray"
            c="var(--mantine-color-error)"
            size="xs"
            w="fit-content"
            mt="xs"
            ml={-14}
            onClick={() => editing.remove()}
          >
            {strings.arm.remove}
          </Button>
        )}
      </Stack>
    </Panel>
  )
}

function ArmRules({ way, onChange }: { way: Extract<BranchArm, { if: unknown }>; onChange(way: BranchArm): void }) {
  return (
    <GroupEditor
      group={groupOf(way.if)}
      onChange={(group) => onChange({ ...way, if: group })}
      path=""
      lead={strings.arm.lead}
    />
  )
}

interface ErrorPathProps {
  editing: Editing
  action: Action
  warnings: readonly string[]
  onClose(): void
}

/** The head of an error path: what it is for, and its first step. */
export function ErrorPathPanel({ editing, action, warnings, onClose }: ErrorPathProps) {
  const { readOnly } = useEditor()
  const problem = useProblem('/on_error/actions')
  const words = strings.errorPath
  return (
    <Panel title={words.heading} subtitle={actionName(action)} warnings={warnings} onClose={onClose}>
      <Stack gap="md" align="flex-start">
        <Text size="sm" c="dimmed">
          {words.hint}
        </Text>
        {problem === undefined ? null : (
          <Text size="sm" c="var(--mantine-color-error)">
            {problem}
          </Text>
        )}
        {readOnly ? null : (
          <>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => editing.openInsert({ owner: action.key, arm: ERROR_ARM, index: 0 })}
            >
              {words.add}
            </Button>
            <Button
              variant="subtle"
              color="gray"
              c="var(--mantine-color-error)"
              size="xs"
              onClick={() => editing.remove()}
            >
              {words.remove}
            </Button>
          </>
        )}
      </Stack>
    </Panel>
  )
}
