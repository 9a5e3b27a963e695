import { ACTIONS, type AutomationAnswer } from '@kantos/model'
import { ActionIcon, Button, Menu, Stack, Text } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { GroupEditor } from '../../../components/conditions/group-editor.tsx'
import { useEditor } from '../../../components/editor/context.tsx'
import { problemLine } from '../../../components/editor/problem-words.ts'
import { ERROR_ARM, findAction, parseNode } from '../../../components/flow/structure.ts'
import { actionName, groupWords } from '../../../components/flow/words.ts'
import { strings } from '../../../strings/builder.ts'
import classes from './forms.module.css'
import type { Draft } from '../document/draft.ts'
import { keysOf } from '../document/edit.ts'
import { renameSteps } from '../document/references.ts'
import { rulesWords } from '../document/rule-words.ts'
import type { FoundProblem } from '../state/check.ts'
import type { DraftState } from '../state/use-draft.ts'
import type { Editing } from '../state/use-editing.ts'
import { ArmPanel, ErrorPathPanel } from './arm-panel.tsx'
import { Panel } from './panel.tsx'
import { SettingsPanel } from './settings-panel.tsx'
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

  if (part === null) return <SettingsPanel state={state} onClose={onClose} />
  if (part.kind === 'trigger') {
    return (
      <Panel title={strings.trigger.heading} warnings={warnings} onClose={onClose}>
        <Stack gap="xl">
          <TriggerForm
            trigger={draft.trigger}
            onChange={(trigger, tag) =>
              update((now) => ({ ...now, trigger }), tag === undefined ? null : `trigger.${tag}`)
            }
            saved={saved}
          />
          {draft.trigger['event'] === undefined ? null : (
            <RulesLine draft={draft} onEdit={() => editing.select(null)} />
          )}
        </Stack>
      </Panel>
    )
  }
  if (part.kind === 'conditions') {
    return (
      <Panel title={strings.conditions.heading} warnings={warnings} onClose={onClose}>
        <Stack gap="md">
          <ConditionsLine conditions={draft.conditions} />
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
  if (place === null) return <SettingsPanel state={state} onClose={onClose} />
  const { action } = place
  if (part.kind === 'arm' && part.arm === ERROR_ARM)
    return <ErrorPathPanel editing={editing} action={action} warnings={warnings} onClose={onClose} />
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

/** All rules and groups in one sentence. */
function ConditionsLine({ conditions }: Pick<Draft, 'conditions'>) {
  const { object } = useEditor()
  const words = groupWords(conditions, object)
  return (
    <Text size="sm" c="dimmed" className={classes['inWords']}>
      {words === '' ? strings.conditions.hint : strings.conditions.inWords(words)}
    </Text>
  )
}

/** How it runs in words, with the way to where that is set. */
function RulesLine({ draft, onEdit }: { draft: Draft; onEdit(): void }) {
  const { object, readOnly } = useEditor()
  const words = strings.rules
  const go = readOnly ? words.show : words.change
  return (
    <div className={classes['rulesLine']}>
      <div>
        <Text size="xs" c="dimmed">
          {words.heading}
        </Text>
        <Text size="sm">{rulesWords(draft, object)}</Text>
      </div>
      <Button variant="default" size="compact-sm" onClick={onEdit} aria-label={`${go}: ${words.heading}`}>
        {go}
      </Button>
    </div>
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
