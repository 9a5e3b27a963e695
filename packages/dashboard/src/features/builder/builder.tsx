import type { AutomationAnswer, ObjectAnswer } from '@kantos/model'
import { type KeyboardEvent, useDeferredValue, useMemo, useRef, useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { EditorProvider, type EditorSetting } from '../../components/editor/context.tsx'
import { knownAt } from '../../components/editor/known-steps.ts'
import { ruleFields, templateNames } from '../../components/editor/names.ts'
import { FlowCanvas } from '../../components/flow/flow-canvas.tsx'
import {
  type FlowDocument,
  findAction,
  parseNode,
  TRIGGER_NODE,
  armsOf,
  CONDITIONS_NODE,
} from '../../components/flow/structure.ts'
import { outcomesOf } from '../../components/run/outcomes.ts'
import { useCan, useSession } from '../../lib/session.ts'
import { strings } from '../../strings/builder.ts'
import classes from './builder.module.css'
import { ConflictDialog } from './conflict-dialog.tsx'
import { afterDrawing, focusPlace } from './focus.ts'
import { Header } from './header.tsx'
import { InsertMenu } from './insert-menu.tsx'
import { flowKey, pageKey } from './keyboard.ts'
import { lookBackMarks } from './look-back/marks.ts'
import { LookBackPanel } from './look-back/look-back-panel.tsx'
import { useLookBack } from './look-back/use-look-back.ts'
import { Notices } from './notices.tsx'
import { PartPanel } from './panel/part-panel.tsx'
import { ProblemsPanel } from './panel/problems-panel.tsx'
import { VersionsPanel } from './panel/versions-panel.tsx'
import { Shortcuts } from './shortcuts.tsx'
import { countByNode, type FoundProblem, problemsOfNode } from './state/check.ts'
import { useChecks, useReferences } from './state/use-checks.ts'
import { useDraft } from './state/use-draft.ts'
import { useEditing } from './state/use-editing.ts'
import { useQuiet } from './state/use-quiet.ts'
import { useSample } from './state/use-sample.ts'
import { useSaving } from './state/use-saving.ts'
import { useTry } from './state/use-try.ts'
import { useWaitingRuns } from './state/use-waiting-runs.ts'
import { TryPanel } from './try-it/try-panel.tsx'
import { TryTabs } from './try-it/try-tabs.tsx'
import { WaitingRunsDialog } from './waiting-runs-dialog.tsx'

type PanelKind = 'part' | 'try' | 'look' | 'problems' | 'versions' | null

interface BuilderProps {
  /** as the server has it; null for a new one */
  saved: AutomationAnswer | null
  objects: readonly ObjectAnswer[]
  /** it was saved for the first time; its page is about to be shown in place of that of a new one */
  onCreated(id: string): void
}

/** The flow of an automation with what is edited beside it. Source: SPEC.md, section 13 */
export function Builder({ saved, objects, onCreated }: BuilderProps) {
  const { workspace } = useSession()
  const canEdit = useCan('editor')
  const state = useDraft(workspace.id, saved?.id ?? null, saved)
  const { draft } = state
  const editing = useEditing(state, saved === null ? TRIGGER_NODE : null, objects)
  const { selected } = editing
  const [panel, setPanel] = useState<PanelKind>(saved === null ? 'part' : null)
  const [help, setHelp] = useState(false)
  const aside = useRef<HTMLElement>(null)
  const page = useRef<HTMLDivElement>(null)
  const references = useReferences(saved?.id ?? null)
  const waiting = useWaitingRuns(saved?.id ?? null)
  const saving = useSaving(state, saved, {
    askWaiting: waiting.ask,
    onRefused: () => setPanel('problems'),
    onCreated,
  })
  const { found, check } = useChecks(draft, objects, references, saving.said)
  const { shown: problems, toFillIn, showAll } = useQuiet(found, selected, saved === null)
  const tried = useTry(saved?.id ?? null, draft)
  const look = useLookBack(saved?.id ?? null, draft, state.isDirty)

  const { trigger, conditions, actions } = draft
  const document = useMemo(() => ({ trigger, conditions, actions }), [trigger, conditions, actions])
  const known = useMemo(() => knownAt(document, selected, objects), [document, selected, objects])
  const sample = useSample(known, objects, useDeferredValue(draft.name), tried.result)
  const setting = useMemo((): EditorSetting => {
    const inside = parseNode(selected)?.kind === 'arm' || parseNode(selected)?.kind === 'step'
    return {
      objects,
      templates: references.templates,
      secrets: references.secrets,
      object: known.object,
      names: templateNames(known, objects),
      ruleFields: ruleFields(known, objects, inside),
      ...sample,
      problems: fieldProblems(document, problems, selected),
      readOnly: !canEdit,
    }
  }, [objects, references.templates, references.secrets, known, sample, problems, selected, canEdit, document])
  const vocabulary = useMemo(() => ({ objects, templates: references.templates }), [objects, references.templates])
  const counts = useMemo(() => countByNode(problems), [problems])
  const shown = panel === 'try' ? tried.result : null
  const outcomes = useMemo(
    () => (shown === null ? undefined : outcomesOf(shown, draft.actions)),
    [shown, draft.actions],
  )

  const lookedAt = panel === 'look' && !look.isStale ? look.result : null
  const marks = useMemo(
    () => (lookedAt === null ? undefined : lookBackMarks(lookedAt, draft.actions)),
    [lookedAt, draft.actions],
  )
  const hasErrors = found.some(({ severity, path }) => severity === 'error' && path !== '/name')
  const tabs = <TryTabs value={panel === 'look' ? 'look' : 'try'} onChange={setPanel} />

  const select = (node: string | null): void => {
    editing.select(node)
    if (node !== null)
      setPanel((now) =>
        (now === 'try' && tried.result !== null) || (now === 'look' && lookedAt !== null) ? now : 'part',
      )
    else setPanel((now) => (now === 'part' ? null : now))
  }
  const edit = (node: string | null, place?: string): void => {
    editing.select(node)
    setPanel('part')
    if (node === null && place === '/name') page.current?.querySelector<HTMLElement>('header input')?.focus()
    else afterDrawing(() => focusPlace(aside.current, place))
  }
  const toFlow = (): void => {
    page.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(selected ?? TRIGGER_NODE)}"]`)?.focus()
  }
  const close = (): void => {
    setPanel(null)
    toFlow()
  }
  const isFinished = (): boolean => {
    const all = check()
    showAll(all)
    if (!all.some(({ severity }) => severity === 'error')) return true
    setPanel('problems')
    return false
  }
  const save = (): void => {
    if (!canEdit || (!state.isDirty && saved !== null)) return
    if (isFinished()) void saving.save()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (pageKey(event, state, save, () => setPanel('try'))) event.preventDefault()
    else if (event.key === 'Escape' && !event.defaultPrevented && aside.current?.contains(event.target as Node)) {
      // an open list takes the first one
      if ((event.target as HTMLElement).ariaExpanded !== 'true') toFlow()
    }
  }
  const insert = (choose: () => void): void => {
    choose()
    setPanel('part')
    afterDrawing(() => focusPlace(aside.current))
  }

  return (
    <EditorProvider value={setting}>
      {/* biome-ignore lint: keys of the whole page, from the fields within it */}
      <div className={classes['page']} ref={page} onKeyDown={onKeyDown} data-readonly={!canEdit || undefined}>
        <Header
          state={state}
          saved={saved}
          problems={problems}
          toFillIn={toFillIn.length}
          canEdit={canEdit}
          isSaving={saving.isSaving}
          isSwitching={saving.isSwitching}
          onSave={save}
          onActive={(active) => {
            if (!active || isFinished()) void saving.setActive(active)
          }}
          onTest={saving.setTest}
          onTry={() => setPanel('try')}
          onLookBack={() => setPanel('look')}
          onProblems={() => setPanel('problems')}
          onVersions={() => setPanel('versions')}
          onSettings={() => {
            editing.select(null)
            setPanel('part')
          }}
          onShortcuts={() => setHelp(true)}
          onDuplicate={() => void saving.duplicate()}
          onDelete={() => void saving.remove()}
        />
        <Notices
          state={state}
          saved={saved}
          canEdit={canEdit}
          isSwitching={saving.isSwitching}
          onTurnOn={() => {
            if (isFinished()) void saving.setActive(true)
          }}
          onDiscard={async () => {
            const sure = await confirm({
              title: strings.discardTitle,
              text: strings.discardText,
              confirm: strings.discard,
            })
            if (sure) state.reset(saved)
          }}
        />
        <div className={classes['body']}>
          <div className={classes['flow']}>
            <FlowCanvas
              document={document}
              vocabulary={vocabulary}
              selected={selected}
              onSelect={select}
              onEdit={edit}
              {...(canEdit
                ? { onInsert: editing.openInsert, onMove: editing.move, onKey: (event) => flowKey(event, editing) }
                : {})}
              problems={counts}
              outcomes={outcomes}
              marks={marks}
              inserting={editing.inserting}
            />
          </div>
          {panel === null ? null : (
            // biome-ignore lint: leaving a field ends the joining of its changes for undo
            <aside ref={aside} className={classes['panel']} aria-label={strings.panel} onBlur={state.settle}>
              {panel === 'part' ? (
                <PartPanel
                  state={state}
                  editing={editing}
                  onEdit={edit}
                  saved={saved}
                  problems={problems}
                  onClose={close}
                />
              ) : null}
              {panel === 'problems' ? (
                <ProblemsPanel
                  draft={draft}
                  problems={problems}
                  toFillIn={toFillIn}
                  onSelect={({ node, rest }) => edit(node, rest)}
                  onClose={close}
                />
              ) : null}
              {panel === 'versions' ? (
                <VersionsPanel saved={saved} askWaiting={waiting.ask} onRestored={state.reset} onClose={close} />
              ) : null}
              {panel === 'try' ? (
                <TryPanel
                  trigger={draft.trigger}
                  object={knownAt(document, CONDITIONS_NODE, objects).object}
                  choice={tried.choice}
                  draftBody={tried.draftBody}
                  onChoice={tried.setChoice}
                  result={tried.result}
                  isStale={tried.isStale}
                  error={tried.error}
                  isRunning={tried.isRunning}
                  hasErrors={hasErrors}
                  tabs={tabs}
                  onRun={tried.run}
                  onClear={tried.clear}
                  onSelect={editing.select}
                  onClose={close}
                />
              ) : null}
              {panel === 'look' ? (
                <LookBackPanel
                  look={look}
                  isSaved={saved !== null}
                  isDirty={state.isDirty}
                  hasErrors={hasErrors}
                  tabs={tabs}
                  onClose={close}
                />
              ) : null}
            </aside>
          )}
        </div>
        <InsertMenu
          opened={editing.inserting !== null}
          onClose={() => editing.openInsert(null)}
          onChoose={(type) => insert(() => editing.insert(type))}
          onPaste={() => insert(editing.paste)}
          clipboard={editing.clipboard}
        />
        <ConflictDialog
          theirs={saving.conflict}
          mine={draft}
          onKeepMine={() => void saving.save(saving.conflict!.version)}
          onTakeTheirs={() => {
            state.reset(saving.conflict)
            saving.closeConflict()
          }}
          onClose={saving.closeConflict}
        />
        <WaitingRunsDialog count={waiting.count} answer={waiting.answer} />
        <Shortcuts opened={help} onClose={() => setHelp(false)} />
      </div>
    </EditorProvider>
  )
}

/** The problems of the selected part; a way's single rule is edited as a group of one. */
function fieldProblems(
  document: FlowDocument,
  problems: readonly FoundProblem[],
  node: string | null,
): EditorSetting['problems'] {
  const own = problemsOfNode(problems, node)
  const part = parseNode(node)
  if (part?.kind !== 'arm') return own
  const action = findAction(document.actions, part.key)?.action
  const way = action === undefined ? undefined : armsOf(action)[part.arm]
  const isSingle = way !== undefined && 'if' in way && way.if !== undefined && !('rules' in way.if)
  return isSingle ? own.map((problem) => ({ ...problem, path: `/rules/0${problem.path}` })) : own
}
