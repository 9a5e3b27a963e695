import type { ActionType } from '../actions/index.ts'
import type { BranchConfig } from '../actions/branch.ts'
import type { Action, AutomationDocument } from '../automation.ts'
import { type CompiledConditions, compileConditions, type Group, type Rule } from '../conditions/index.ts'
import type { EmailTexts } from '../email-template.ts'
import { compileExpression, type CompiledExpression, compileTemplate, type PathUse } from '../expressions/index.ts'
import { type FieldType, USER_PARTS } from '../field.ts'
import { type ObjectDefinition, objectSlug } from '../object.ts'
import { type BusinessHours, OFFICE_HOURS } from '../schedule/index.ts'
import { type CompiledValue, compileValue } from './compile-value.ts'

/** An e-mail template as the planner needs it. */
export interface EmailTemplate {
  id: string
  name: string
  subject: string
  html: string
  text: string | null
}

/** What a version is compiled against. */
export interface CompileContext {
  objects: ReadonlyMap<string, ObjectDefinition>
  /** by public id */
  templates: ReadonlyMap<string, EmailTemplate>
  /** the workspace's calendar; absent: office hours, UTC */
  hours?: BusinessHours
}

export interface CompiledAction {
  action: Action
  type: ActionType
  key: string
  /** `actions/2/conditions/1/then/0` */
  path: string
  config: CompiledValue
  /** of a branch */
  arms?: { list: string; conditions: CompiledConditions | null }[]
  /** of an e-mail written inline */
  email?: EmailTexts
  /** of a for-each */
  items?: CompiledExpression | null
  body?: string
  /** path of the list that runs when it fails */
  onError?: string
  /** the loop's items are the records that this find_records found */
  recordsOf?: string
  /** it reads `record` */
  readsRecord: boolean
}

/** A version made ready to run: immutable, so that it can be kept for as long as its revision holds. */
export interface CompiledAutomation {
  id: string
  name: string
  version: number
  document: AutomationDocument
  /** the trigger's object, null when it has none */
  object: string | null
  /** slugs of its fields, for what shows all of a record */
  fields: readonly string[]
  conditions: CompiledConditions
  /** by path of the list: `actions`, `actions/2/conditions/1/then` */
  lists: ReadonlyMap<string, readonly CompiledAction[]>
  /** step keys that a later step can name: only their outputs are kept */
  namedOutputs: ReadonlySet<string> | 'all'
  /** an action writes the triggering record, so it is locked as the stretch begins */
  writesRecord: boolean
  /** some action or condition reads the record as it is now */
  readsRecord: boolean
  /** a condition's value holds a template: the log must keep what it was */
  templatedValues: boolean
  /** some template names `user`, who caused the event */
  readsUser: boolean
  templates: ReadonlyMap<string, EmailTemplate>
  /** what ends a waiting run; null: nothing does */
  exit: CompiledConditions | null
  /** a run may wait for what happens to its record, so the record is locked as the stretch begins */
  watchesRecord: boolean
  /** what waits count as business hours */
  hours: BusinessHours
}

const SYSTEM_FIELDS: ReadonlyMap<string, FieldType> = new Map([
  ['id', 'text'],
  ['created_at', 'datetime'],
  ['updated_at', 'datetime'],
  ['created_by', 'text'],
])

/** The type of a condition's field path; `any` for what is known only at run time. */
export function fieldTypeOf(
  objects: ReadonlyMap<string, ObjectDefinition>,
  object: string | null,
  path: string,
): FieldType | 'any' | null {
  const root = path.split('.', 1)[0]!
  if (root === 'webhook' || root === 'steps' || root === 'item' || root === 'index') return 'any'
  const definition = object === null ? undefined : objects.get(object)
  if (definition === undefined) return null
  const parts = path.startsWith('previous.') ? path.slice('previous.'.length).split('.') : path.split('.')
  return typeAlong(objects, definition, parts)
}

function typeAlong(
  objects: ReadonlyMap<string, ObjectDefinition>,
  object: ObjectDefinition,
  parts: readonly string[],
): FieldType | 'any' | null {
  const system = parts.length === 1 ? SYSTEM_FIELDS.get(parts[0]!) : undefined
  if (system !== undefined) return system
  const field = object.fields.find(({ slug }) => slug === parts[0])
  if (field === undefined) return null
  if (parts.length === 1) return field.type
  if (parts.length > 2) return null
  if (field.type === 'user') return USER_PARTS.get(parts[1]!) ?? null
  if (field.type !== 'reference') return null
  const target = field.options?.object === undefined ? undefined : objects.get(field.options.object)
  return target === undefined ? 'any' : typeAlong(objects, target, parts.slice(1))
}

/**
 * Compiles a saved document.
 *
 * @throws ExpressionError when a template is broken (a saved document was checked, so only a later change of the objects can)
 */
export function compileAutomation(
  automation: { id: string; name: string; version: number; document: AutomationDocument },
  context: CompileContext,
): CompiledAutomation {
  const { document } = automation
  const trigger = document.trigger
  const object = 'object' in trigger && trigger.object !== undefined ? objectSlug(trigger.object) : null
  const typeOf = (path: string) => fieldTypeOf(context.objects, object, path) ?? 'any'
  const typeInErrorPath = (path: string) => (path.startsWith('error.') ? 'any' : typeOf(path))
  const lists = new Map<string, CompiledAction[]>()
  const uses: PathUse[] = []
  const conditionFields: string[] = []

  const compileGroup = (group: Group | Rule, inErrorPath: boolean): CompiledConditions => {
    const whole: Group = 'rules' in group ? group : { match: 'all', rules: [group] }
    const compiled = compileConditions(whole, inErrorPath ? typeInErrorPath : typeOf)
    uses.push(...compiled.paths)
    conditionFields.push(...compiled.fields)
    return compiled
  }

  const compileList = (actions: readonly Action[], list: string, inErrorPath: boolean): void => {
    lists.set(
      list,
      actions.map((action, index) => compileAction(action, `${list}/${index}`, inErrorPath)),
    )
  }

  const compileAction = (action: Action, path: string, inErrorPath: boolean): CompiledAction => {
    const nested = action.type === 'branch' || action.type === 'for_each'
    const email = action.type === 'send_email' ? inlineEmail(action.config) : null
    const config = compileValue(
      nested ? null : email === null ? action.config : { ...action.config, subject: '', body: '' },
    )
    const paths = [...config.paths, ...(email === null ? [] : email.paths)]
    uses.push(...paths)
    const compiled: CompiledAction = {
      action,
      type: action.type,
      key: action.key,
      path,
      config,
      readsRecord: paths.some(({ root }) => root === 'record') || needsRecord(action, context),
    }
    if (email !== null) compiled.email = email.texts
    if (action.type === 'branch') {
      const before = conditionFields.length
      compiled.arms = (action.config as unknown as BranchConfig).conditions.map((arm, index) => {
        const other = 'else' in arm
        const armList = `${path}/conditions/${index}/${other ? 'else' : 'then'}`
        compileList(other ? arm.else : arm.then, armList, inErrorPath)
        return { list: armList, conditions: other ? null : compileGroup(arm.if, inErrorPath) }
      })
      compiled.readsRecord ||= conditionFields.slice(before).some((field) => isRecordField(field, inErrorPath))
    }
    if (action.type === 'for_each') {
      const { items, actions } = action.config as { items: unknown; actions: Action[] }
      compiled.items = typeof items === 'string' ? compileExpression(items) : null
      if (compiled.items !== null) {
        uses.push(...compiled.items.paths)
        compiled.readsRecord ||= compiled.items.paths.some(({ root }) => root === 'record')
        const only = compiled.items.paths.length === 1 ? compiled.items.paths[0]! : null
        if (only?.root === 'steps' && only.path.length === 2 && only.path[1] === 'records')
          compiled.recordsOf = String(only.path[0])
      }
      compiled.body = `${path}/actions`
      compileList(actions, compiled.body, inErrorPath)
    }
    if (typeof action.on_error === 'object') {
      compiled.onError = `${path}/on_error`
      compileList(action.on_error.actions, compiled.onError, true)
    }
    return compiled
  }

  const conditions = compileConditions(document.conditions, typeOf)
  uses.push(...conditions.paths)
  const exit = document.exit === undefined ? null : compileConditions(document.exit, typeOf)
  if (exit !== null) uses.push(...exit.paths)
  compileList(document.actions, 'actions', false)
  const all = [...lists.values()].flat()
  const stepsNamed = uses.filter(({ root }) => root === 'steps')
  const named = stepsNamed.some(({ path }) => path.length === 0)
    ? ('all' as const)
    : new Set([
        ...stepsNamed.map(({ path }) => String(path[0])),
        ...conditionFields.filter((field) => field.startsWith('steps.')).map((field) => field.split('.')[1]!),
      ])
  return {
    id: automation.id,
    name: automation.name,
    version: automation.version,
    document,
    object,
    fields: object === null ? [] : (context.objects.get(object)?.fields.map(({ slug }) => slug) ?? []),
    conditions,
    lists,
    namedOutputs: named,
    writesRecord: all.some(
      ({ type, action }) =>
        (type === 'update_record' || type === 'delete_record') && action.config.record_id === undefined,
    ),
    readsRecord: all.some(({ readsRecord }) => readsRecord),
    templatedValues: conditions.paths.length > 0 || JSON.stringify(document.conditions).includes('{{'),
    readsUser:
      uses.some(({ root }) => root === 'user') ||
      all.some(({ type, action }) => type === 'send_email' && action.config.template_id !== undefined),
    templates: context.templates,
    exit,
    watchesRecord:
      exit !== null || all.some(({ type, action }) => type === 'wait' && action.config.event !== undefined),
    hours: context.hours ?? OFFICE_HOURS,
  }
}

function isRecordField(field: string, inErrorPath: boolean): boolean {
  const root = field.split('.', 1)[0]!
  if (inErrorPath && field.startsWith('error.')) return false
  return root !== 'webhook' && root !== 'steps' && root !== 'item' && root !== 'index' && root !== 'previous'
}

/** Whether an action needs the record beyond what its own templates name. */
function needsRecord(action: Action, context: CompileContext): boolean {
  if (action.type === 'webhook') return action.config.body === undefined && action.config.method !== 'GET'
  if (action.type === 'send_email' && typeof action.config.template_id === 'string') {
    const template = context.templates.get(action.config.template_id)
    return (
      template !== undefined &&
      [template.subject, template.html, template.text ?? ''].some((text) => text.includes('record'))
    )
  }
  return false
}

/** The texts of an e-mail written inline. Null: it is made from a template. */
function inlineEmail(config: Record<string, unknown>): { texts: EmailTexts; paths: PathUse[] } | null {
  if (typeof config.template_id === 'string') return null
  const subject = typeof config.subject === 'string' ? config.subject : ''
  const body = typeof config.body === 'string' ? config.body : ''
  return {
    texts: emailTexts(subject, body),
    paths: [subject, body].flatMap((text) => [...compileTemplate(text).paths]),
  }
}

/** The texts of an e-mail written inline; a body that holds a tag is HTML. */
export function emailTexts(subject: string, body: string): EmailTexts {
  return /<[a-z!/]/i.test(body) ? { subject, html: body } : { subject, html: '', text: body }
}
