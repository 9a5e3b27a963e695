import type { ForEachConfig } from '../actions/for-each.ts'
import type { RunErrorCode } from '../errors.ts'
import { ExpressionError, type RenderOptions, type Scope, toText } from '../expressions/index.ts'
import { objectSlug } from '../object.ts'
import type { FieldValues } from '../record.ts'
import type { Command, StepDraft, StepOutcome } from './command.ts'
import type { CompiledAction, CompiledAutomation } from './compile.ts'
import { withEdit } from './edit.ts'
import { notesOf, planEmail, planWebhook, withTexts } from './effects.ts'
import { currentAction, currentLoop, type RunState } from './state.ts'
import { conditionData, followInto, type RecordView, type RunView, scopeOf } from './view.ts'
import { planWait } from './wait.ts'

const DEFAULT_LIMIT = 100
const MAX_ITEMS = 1000

/**
 * What a run does next: one command, decided from the version, the state and what the host can read, and from nothing
 * else. Worker, dry run, browser and simulation are its hosts: each carries the command out in its own way and tells
 * `settle` how it ended.
 *
 * Source: SPEC.md, section 6; DESIGN.md, section 6
 */
export function planNext(compiled: CompiledAutomation, state: RunState, view: RunView): Command {
  const action = currentAction(compiled, state)
  if (action === null) return { kind: 'end' }
  const needs: string[] = []
  const loop = currentLoop(state)
  if (loop?.ids !== undefined) followInto(view, needs)(loop.ids[loop.i]!)
  let record: RecordView | null = null
  if (view.recordId !== null && view.event.type === 'record.deleted') {
    record = view.after
  } else if (view.recordId !== null && action.readsRecord) {
    const found = view.lookup(view.recordId)
    if (found === undefined) needs.push(view.recordId)
    record = found ?? null
  }
  if (needs.length > 0) return { kind: 'need', ids: needs }
  const draft: StepDraft = { key: action.key, type: action.type, path: action.path, input: null }
  if (action.action.name !== undefined) draft.name = action.action.name
  if (loop !== null) draft.index = loop.i
  if (view.recordId !== null && action.readsRecord && record === null)
    return failed(draft, 'RECORD_DELETED', 'The record was deleted before this step, which needs it.')
  const scope = scopeOf(view, state, record)
  const options: RenderOptions = { follow: followInto(view, needs) }
  let command: Command
  try {
    command = planAction({ compiled, state, view, action, draft, scope, options, record, needs })
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    command = failed(draft, 'EXPRESSION', error.message)
  }
  return needs.length > 0 ? { kind: 'need', ids: needs } : command
}

interface Context {
  compiled: CompiledAutomation
  state: RunState
  view: RunView
  action: CompiledAction
  draft: StepDraft
  scope: Scope
  options: RenderOptions
  record: RecordView | null
  needs: string[]
}

function planAction(context: Context): Command {
  const { compiled, state, view, action, draft, scope, options, record } = context
  if (action.type === 'branch') return planBranch(context)
  if (action.type === 'for_each') return planForEach(context)
  const edit = state.edit?.key === action.key ? state.edit : undefined
  const planned = action.config.render(scope, options)
  const rendered = edit === undefined ? planned : withEdit(planned, edit)
  if (edit !== undefined) draft.edited = { by: edit.by, at: edit.at, input: edit.input }
  const config = rendered.value as Record<string, unknown>
  draft.input = config
  const notes = notesOf(rendered)
  if (notes.length > 0) draft.notes = notes
  switch (action.type) {
    case 'update_record': {
      const recordId = targetOf(config, view)
      draft.input = { record_id: recordId, fields: config.fields }
      if (recordId === null) return failed(draft, 'RECORD_NOT_FOUND', missingTarget(config, view))
      return { kind: 'update', draft, recordId, values: config.fields as FieldValues }
    }
    case 'delete_record': {
      const recordId = targetOf(config, view)
      draft.input = { record_id: recordId }
      if (recordId === null) return failed(draft, 'RECORD_NOT_FOUND', missingTarget(config, view))
      return { kind: 'delete', draft, recordId }
    }
    case 'create_record':
      return {
        kind: 'create',
        draft,
        object: objectSlug(toText(config.object_definition_id)),
        values: config.data as FieldValues,
      }
    case 'find_records':
      return {
        kind: 'find',
        draft,
        object: objectSlug(toText(config.object)),
        filters: (config.filters ?? {}) as Record<string, unknown>,
        sort: config.sort,
        limit: (config.limit as number | undefined) ?? DEFAULT_LIMIT,
      }
    case 'wait':
      return planWait(draft, config, compiled.hours, view.moment ?? Date.parse(view.now))
    case 'stop': {
      const reason = config.reason === undefined ? null : toText(config.reason)
      return { kind: 'settled', draft, outcome: { status: 'succeeded', output: { reason } }, stop: true }
    }
    case 'send_email':
    case 'webhook': {
      const effect =
        action.type === 'send_email'
          ? planEmail(compiled, edit === undefined ? action : withTexts(action, edit), rendered, scope, options)
          : planWebhook(compiled, rendered, view, record)
      draft.input = effect.input
      if (effect.notes.length > 0) draft.notes = effect.notes
      if (effect.error !== undefined) return failed(draft, effect.error.code, effect.error.message)
      const { input, secrets, retry, atMostOnce } = effect
      return { kind: 'effect', draft, effect: action.type, input, secrets, retry, atMostOnce }
    }
  }
}

function planBranch({ action, draft, view, scope, needs }: Context): Command {
  const data = conditionData(view, scope, needs)
  const judged: unknown[] = []
  let taken: string | null = null
  for (const [index, arm] of action.arms!.entries()) {
    const result = arm.conditions?.evaluate(data)
    if (result !== undefined)
      judged.push({ arm: index, passed: result.passed, match: result.match, rules: result.rules })
    if (result === undefined || result.passed) {
      taken = arm.list
      judged.length = index + (result === undefined ? 0 : 1)
      break
    }
  }
  draft.input = { conditions: judged }
  const outcome: StepOutcome = {
    status: 'succeeded',
    output: { taken: taken === null ? null : taken.slice(action.path.length + 1) },
  }
  if (taken === null) return { kind: 'settled', draft, outcome }
  return { kind: 'settled', draft, outcome, push: { list: taken, at: 0 } }
}

function planForEach({ action, draft, scope, options }: Context): Command {
  const config = action.action.config as unknown as ForEachConfig
  const items =
    action.items === null || action.items === undefined ? config.items : action.items.evaluate(scope, options).value
  const max = config.max ?? MAX_ITEMS
  draft.input = { items: Array.isArray(items) ? items.length : items, max }
  if (items === null || items === undefined)
    return failed(draft, 'NOT_A_LIST', 'The loop needs a list, and got nothing.')
  if (!Array.isArray(items))
    return failed(draft, 'NOT_A_LIST', `The loop needs a list, and got “${toText(items).slice(0, 100)}”.`)
  if (items.length > max)
    return failed(draft, 'TOO_MANY_ITEMS', `The loop has ${items.length} items; at most ${max} are allowed.`)
  const outcome: StepOutcome = { status: 'succeeded', output: { count: items.length } }
  if (items.length === 0) return { kind: 'settled', draft, outcome }
  const ids = action.recordsOf === undefined ? null : items.map((item) => (item as RecordView | null)?.id)
  const loop =
    ids !== null && ids.every((id) => typeof id === 'string')
      ? { ids: ids as string[], i: 0 }
      : { items: [...items], i: 0 }
  return { kind: 'settled', draft, outcome, push: { list: action.body!, at: 0, loop } }
}

/** The record an action is about: the one named, else the triggering one. */
function targetOf(config: Record<string, unknown>, view: RunView): string | null {
  if (config.record_id === undefined) return view.recordId
  const named = toText(config.record_id).trim()
  return named === '' ? null : named
}

function missingTarget(config: Record<string, unknown>, view: RunView): string {
  if (config.record_id !== undefined) return '“record_id” is empty.'
  return view.recordId === null ? 'No record started this run; name one in “record_id”.' : 'The record is gone.'
}

function failed(draft: StepDraft, code: RunErrorCode, message: string): Command {
  return { kind: 'settled', draft, outcome: { status: 'failed', output: null, error: { code, message } } }
}
