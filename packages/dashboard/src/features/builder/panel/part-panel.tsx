import { ACTIONS, type AutomationAnswer, type BranchArm } from '@kantos/model'
import { ActionIcon, Button, Menu, Stack, Switch, Text, Textarea } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { GroupEditor } from '../../../components/conditions/group-editor.tsx'
import { groupOf } from '../../../components/conditions/rules.ts'
import { useEditor } from '../../../components/editor/context.tsx'
import { problemLine } from '../../../components/editor/problem-words.ts'
import { armsOf, findAction, parseNode } from '../../../components/flow/structure.ts'
import { actionName } from '../../../components/flow/words.ts'
import { strings } from '../../../strings/builder.ts'
import { keysOf } from '../document/edit.ts'
import { renameSteps } from '../document/references.ts'
import type { FoundProblem } from '../state/check.ts'
import type { DraftState } from '../state/use-draft.ts'
import type { Editing } from '../state/use-editing.ts'
import { Panel } from './panel.tsx'
import { StepForm } from './step-form.tsx'
import { TriggerForm } from './trigger-form.tsx'

interface PartPanelProps {
  state: DraftState
  editing: Editing
  /** selects a part and goes to its form */
  onEdit(node: string): void
  saved: AutomationAnswer | null
  problems: readonly FoundProblem[]
  onClose(): void
}

/** The form of the selected part. */
export function PartPanel({ state, editing, onEdit, saved, problems, onClose }: PartPanelProps) {
  const { draft, update } = state
  const part = parseNode(editing.selected)
  const notes = problems.filter(({ node, severity }) => node === editing.selected && severity === 'warning')
  const warnings = notes.map(problemLine)

  if (part === null) return <WholePanel state={state} onClose={onClose} />
  if (part.kind === 'trigger') {
    return (
      <Panel title={strings.trigger.heading} warnings={warnings} onClose={onClose}>
        <TriggerForm
          trigger={draft.trigger}
          onChange={(trigger, tag) =>
            update((now) => ({ ...now, trigger }), tag === undefined ? null : `trigger.${tag}`)
          }
          saved={saved}
        />
      </Panel>
    )
  }
  if (part.kind === 'conditions') {
    return (
      <Panel title={strings.conditions.heading} warnings={warnings} onClose={onClose}>
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            {strings.conditions.hint}
          </Text>
          <GroupEditor
            group={draft.conditions}
            onChange={(conditions) => update((now) => ({ ...now, conditions }), 'conditions')}
            path=""
            lead={strings.conditions.lead}
          />
        </Stack>
      </Panel>
    )
  }
  const place = findAction(draft.actions, part.key)
  if (place === null) return <WholePanel state={state} onClose={onClose} />
  const { action } = place
  if (part.kind === 'arm')
    return (
      <ArmPanel
        key={editing.selected}
        editing={editing}
        arm={part.arm}
        action={action}
        warnings={warnings}
        onClose={onClose}
      />
    )
  const rename = (key: string): void => {
    update((now) => {
      const renamed = new Map([[action.key, key]])
      return { ...now, actions: renameSteps(now.actions, renamed) }
    })
    editing.select(`step:${key}`)
  }
  return (
    <Panel
      title={actionName(action)}
      subtitle={action.name === undefined ? undefined : ACTIONS[action.type].label}
      warnings={warnings}
      onClose={onClose}
      menu={<StepMenu editing={editing} name={actionName(action)} />}
    >
      <StepForm
        key={action.key}
        action={action}
        onChange={(change, tag) => editing.changeAction(action.key, change, tag)}
        onRename={rename}
        isTaken={(key) => keysOf(draft.actions).has(key)}
        onSelect={onEdit}
      />
    </Panel>
  )
}

function ArmPanel({
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
    <Panel title={strings.arm.heading} subtitle={actionName(action)} warnings={warnings} onClose={onClose}>
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

function StepMenu({ editing, name }: { editing: Editing; name: string }) {
  const { readOnly } = useEditor()
  const words = strings.step
  if (readOnly) return null
  return (
    <Menu withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon aria-label={`${words.menu}: ${name}`}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => editing.moveSelected(-1)}>{words.moveUp}</Menu.Item>
        <Menu.Item onClick={() => editing.moveSelected(1)}>{words.moveDown}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={editing.copy}>{words.copy}</Menu.Item>
        <Menu.Item onClick={editing.duplicate}>{words.duplicate}</Menu.Item>
        <Menu.Divider />
        <Menu.Item c="var(--mantine-color-error)" onClick={() => editing.remove()}>
          {words.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** With no part selected: the automation itself. */
function WholePanel({ state, onClose }: Pick<PartPanelProps, 'state' | 'onClose'>) {
  const { draft, update } = state
  const { readOnly } = useEditor()
  return (
    <Panel title={strings.settings} subtitle={strings.nothingSelected} warnings={[]} onClose={onClose}>
      <Stack gap="md">
        <Textarea
          label={strings.description}
          description={strings.descriptionHint}
          value={draft.description}
          autosize
          minRows={3}
          disabled={readOnly}
          onChange={(event) => {
            const description = event.currentTarget.value
            update((now) => ({ ...now, description }), 'description')
          }}
        />
        <Switch
          label={strings.serial}
          description={strings.serialHint}
          checked={draft.serial === true}
          disabled={readOnly}
          onChange={(event) => {
            const serial = event.currentTarget.checked
            update(({ serial: _, ...now }) => (serial ? { ...now, serial } : now))
          }}
        />
      </Stack>
    </Panel>
  )
}
