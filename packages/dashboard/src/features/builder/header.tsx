import type { AutomationAnswer } from '@kantos/model'
import { ActionIcon, Button, Group, Menu, Switch, Text, TextInput, Tooltip } from '@mantine/core'
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowLeft,
  IconCircleCheck,
  IconCircleDashed,
  IconCopy,
  IconDots,
  IconFlask,
  IconHistory,
  IconKeyboard,
  IconList,
  IconListCheck,
  IconPlayerPlay,
  IconSettings,
  IconTimelineEvent,
  IconTrash,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { problemLine } from '../../components/editor/problem-words.ts'
import { isAboutRecords } from '../../lib/about-records.ts'
import { strings } from '../../strings/builder.ts'
import classes from './header.module.css'
import type { FoundProblem } from './state/check.ts'
import { saidTogether } from './state/same.ts'
import type { DraftState } from './state/use-draft.ts'

export interface HeaderProps {
  state: DraftState
  saved: AutomationAnswer | null
  problems: readonly FoundProblem[]
  /** how much is still to be filled in, without being called wrong */
  toFillIn: number
  canEdit: boolean
  isSaving: boolean
  isSwitching: boolean
  onSave(): void
  onActive(active: boolean): void
  onTest(test: boolean): void
  onTry(): void
  onLookBack(): void
  onProblems(): void
  onVersions(): void
  onSettings(): void
  onShortcuts(): void
  onDuplicate(): void
  onDelete(): void
}

/** Name, switches and buttons above the flow. */
export function Header(props: HeaderProps) {
  const { state, saved, canEdit, isSaving, isSwitching, onSave, onActive, onTest, onTry } = props
  const { draft, isDirty } = state
  const nameProblem = props.problems.find(({ path, severity }) => path === '/name' && severity === 'error')
  const active = saved?.status === 'active'
  return (
    <header className={classes['head']}>
      <Group gap={8} wrap="nowrap" className={classes['name']}>
        <Tooltip label={strings.back}>
          <ActionIcon component={Link} to="/automations" aria-label={strings.back}>
            <IconArrowLeft size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <h1 className="visually-hidden">{draft.name.trim() === '' ? strings.newTitle : draft.name}</h1>
        <TextInput
          aria-label={strings.nameLabel}
          placeholder={strings.namePlaceholder}
          value={draft.name}
          onChange={(event) => {
            const name = event.currentTarget.value
            state.update((now) => ({ ...now, name }), 'name')
          }}
          onBlur={state.settle}
          disabled={!canEdit}
          error={nameProblem === undefined ? undefined : problemLine(nameProblem)}
          autoFocus={saved === null && draft.name === ''}
          data-1p-ignore
          maxLength={255}
          className={classes['nameInput']}
          variant="unstyled"
        />
      </Group>
      <Group gap={12} className={classes['tools']}>
        <ProblemsButton problems={props.problems} toFillIn={props.toFillIn} onClick={props.onProblems} />
        {canEdit ? (
          <Group gap={2} wrap="nowrap" className={classes['wide']}>
            <Tooltip label={`${strings.undo} (Ctrl Z)`}>
              <ActionIcon aria-label={strings.undo} onClick={state.undo} disabled={!state.canUndo}>
                <IconArrowBackUp size={18} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={`${strings.redo} (Ctrl Y)`}>
              <ActionIcon aria-label={strings.redo} onClick={state.redo} disabled={!state.canRedo}>
                <IconArrowForwardUp size={18} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </Group>
        ) : null}
        <Button variant="default" onClick={onTry} leftSection={<IconPlayerPlay size={16} aria-hidden />}>
          {strings.tryIt}
        </Button>
        <Button
          variant="default"
          onClick={props.onLookBack}
          leftSection={<IconTimelineEvent size={16} aria-hidden />}
          className={classes['lookBack']}
        >
          {strings.lookBack.title}
        </Button>
        <Tooltip label={strings.testHint}>
          <div className={classes['test']} data-on={saved?.mode === 'test' || undefined}>
            <Switch
              label={strings.test}
              checked={saved?.mode === 'test'}
              disabled={!canEdit || saved === null || isSwitching}
              onChange={(event) => onTest(event.currentTarget.checked)}
              color="orange.8"
            />
          </div>
        </Tooltip>
        <Tooltip label={strings.activeHint}>
          <div>
            <Switch
              label={strings.active}
              checked={active}
              disabled={!canEdit || isSwitching || isSaving}
              onChange={(event) => onActive(event.currentTarget.checked)}
            />
          </div>
        </Tooltip>
        {canEdit ? (
          <Button onClick={onSave} loading={isSaving} disabled={!isDirty && saved !== null}>
            {isDirty || saved === null ? strings.save : strings.saved}
          </Button>
        ) : null}
        <MoreMenu {...props} />
      </Group>
    </header>
  )
}

interface ButtonProps {
  problems: readonly FoundProblem[]
  toFillIn: number
  onClick(): void
}

function ProblemsButton({ problems, toFillIn, onClick }: ButtonProps) {
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = saidTogether(problems.filter(({ severity }) => severity === 'warning')).length
  if (problems.length === 0 && toFillIn === 0) {
    return (
      <Group gap={6} c="dimmed" wrap="nowrap" className={classes['allGood']}>
        <IconCircleCheck size={16} color="var(--k-good)" aria-hidden />
        <Text size="sm">{strings.problems.none}</Text>
      </Group>
    )
  }
  const words = strings.problems.title(errors, warnings, toFillIn)
  return (
    <Button
      variant="subtle"
      color="gray"
      onClick={onClick}
      leftSection={
        problems.length === 0 ? (
          <IconCircleDashed size={16} aria-hidden />
        ) : (
          <IconAlertTriangle size={16} color={errors > 0 ? 'var(--k-bad)' : 'var(--k-warn)'} aria-hidden />
        )
      }
      px={8}
      aria-label={words}
    >
      <span className={classes['wide']}>{words}</span>
      <span className={classes['narrow']}>{errors + warnings + toFillIn}</span>
    </Button>
  )
}

function MoreMenu(props: HeaderProps) {
  const { saved, canEdit, onLookBack, onTest, onVersions, onSettings, onShortcuts, onDuplicate, onDelete } = props
  const item = { size: 16, 'aria-hidden': true } as const
  return (
    <Menu withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon aria-label={strings.more} size="lg">
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconSettings {...item} />} onClick={onSettings}>
          {strings.settings}
        </Menu.Item>
        <Menu.Item leftSection={<IconTimelineEvent {...item} />} onClick={onLookBack}>
          {strings.lookBack.title}
        </Menu.Item>
        <Menu.Item leftSection={<IconHistory {...item} />} onClick={onVersions} disabled={saved === null}>
          {strings.versions}
        </Menu.Item>
        {saved === null ? null : (
          <Menu.Item leftSection={<IconList {...item} />} component={Link} to={`/runs?automation=${saved.id}` as never}>
            {strings.runs}
          </Menu.Item>
        )}
        {saved === null || !canEdit || !isAboutRecords(saved.trigger) ? null : (
          <Menu.Item
            leftSection={<IconListCheck {...item} />}
            component={Link}
            to={`/automations/${saved.id}/existing` as never}
          >
            {strings.existing}
          </Menu.Item>
        )}
        {saved === null || !canEdit ? null : (
          <Menu.Item leftSection={<IconFlask {...item} />} onClick={() => onTest(saved.mode !== 'test')}>
            {saved.mode === 'test' ? strings.testOffItem : strings.testOnItem}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconKeyboard {...item} />} onClick={onShortcuts}>
          {strings.shortcuts}
        </Menu.Item>
        {saved === null || !canEdit ? null : (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<IconCopy {...item} />} onClick={onDuplicate}>
              {strings.duplicate}
            </Menu.Item>
            <Menu.Item leftSection={<IconTrash {...item} />} c="var(--mantine-color-error)" onClick={onDelete}>
              {strings.remove}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
