import type { BranchArm } from './actions/branch.ts'
import type { Action, AutomationDocument, AutomationMode, AutomationStatus } from './automation.ts'
import type { Problem } from './errors.ts'
import { normalizeDocument } from './normalize.ts'
import type { ActionPlace } from './normalize.ts'
import type { ObjectDefinition } from './object.ts'
import { checkAction, itemObject, stepOf } from './validate/actions.ts'
import type { KnownTemplate } from './validate/actions.ts'
import { checkConditions } from './validate/conditions.ts'
import { checkEnrolment } from './validate/enrolment.ts'
import type { KnownStep, Names } from './validate/names.ts'
import { isObject, problem } from './validate/problems.ts'
import type { Findings } from './validate/problems.ts'
import { storableProblems } from './validate/storable.ts'
import { expressionProblems, isTemplated, valueProblems } from './validate/templates.ts'
import { triggerObject, triggerProblems } from './validate/trigger.ts'
import { unwatchable } from './validate/wait.ts'

/** What a document is checked against. */
export interface ValidationContext {
  objects: ReadonlyMap<string, ObjectDefinition>
  /** public ids and names; with its texts, a template's names are checked too */
  templates: readonly KnownTemplate[]
  /** names of the workspace's secrets */
  secrets: readonly string[]
  /** epoch ms */
  now: number
  /** the name may be missing, as in a dry run of something not saved yet */
  draft?: boolean
}

export interface ValidAutomation {
  ok: true
  name: string
  description: string
  status?: AutomationStatus
  mode?: AutomationMode
  version?: number
  document: AutomationDocument
  warnings: Problem[]
  /** where each action stood as it was written */
  places: ReadonlyMap<Action, ActionPlace>
}

export type { KnownTemplate }
export type Validation = ValidAutomation | { ok: false; errors: Problem[]; warnings: Problem[] }

const MAX_PROBLEMS = 100

/**
 * Checks an automation and brings it into its stored form. Everything that can be known before a run is checked here, so that a
 * saved automation fails only for what its data or the outside do.
 *
 * @param raw any JSON, as a person wrote it
 * @returns the document in its one form, or every problem with a JSON pointer into `raw`; warnings never refuse
 * Source: SPEC.md, sections 3 to 7; SPEC-DETAILS.md, sections 3 to 7
 */
export function validateAutomation(raw: unknown, context: ValidationContext): Validation {
  const unstorable = storableProblems(raw)
  if (unstorable.length > 0) return { ok: false, errors: unstorable, warnings: [] }
  const { errors, places, document, ...about } = normalizeDocument(raw, { draft: context.draft === true })
  const findings: Findings = { errors, warnings: [] }
  const object = triggerObject(document.trigger, context.objects)
  const event = isObject(document.trigger) ? document.trigger['event'] : undefined
  const names: Names = {
    objects: context.objects,
    object,
    webhook: event === 'webhook.received',
    steps: new Map(),
    keys: new Set([...places.keys()].map(({ key }) => key)),
    item: null,
    error: false,
    variables: null,
    secrets: null,
  }
  if (isObject(raw)) {
    const ofTrigger = triggerProblems(document.trigger, names, context.now)
    errors.push(...ofTrigger)
    // without a good trigger nothing is known about `record`: one problem, not one for each field
    const objectIsBad = ofTrigger.length > 0 && object === null
    const walk: Walk = { findings, context, places, event, secrets: new Set(context.secrets) }
    const before = errors.length
    checkConditions(document.conditions, '/conditions', names, findings)
    if (document.exit !== undefined) checkExit(document.exit, names, event, findings)
    checkEnrolment(document, event, event === undefined ? null : unwatchable(event, names), findings)
    walkActions(document.actions, names, walk, false)
    if (objectIsBad) keepCertain(errors, before)
  }
  if (errors.length > 0) return { ok: false, errors: errors.slice(0, MAX_PROBLEMS), warnings: findings.warnings }
  return { ok: true, ...about, document, places, warnings: findings.warnings }
}

/** Exit conditions see what the trigger's conditions see; without a rule they would end every run at its first wait. */
function checkExit(exit: unknown, names: Names, event: unknown, findings: Findings): void {
  const obstacle = unwatchable(event, names)
  if (obstacle !== null) findings.errors.push(problem('/exit', obstacle))
  else if (isObject(exit) && Array.isArray(exit['rules']) && exit['rules'].length === 0)
    findings.errors.push(
      problem('/exit/rules', 'exit needs at least one rule', 'leave it out to let runs end by themselves'),
    )
  else checkConditions(exit, '/exit', names, findings)
}

/** Drops the problems that only follow from an unknown trigger. */
function keepCertain(errors: Problem[], from: number): void {
  const kept = errors
    .slice(from)
    .filter(({ message }) => !/there is no record here|the trigger gives no record/.test(message))
  errors.splice(from, errors.length, ...kept)
}

interface Walk {
  readonly findings: Findings
  readonly context: ValidationContext
  readonly places: ReadonlyMap<Action, ActionPlace>
  readonly event: unknown
  readonly secrets: ReadonlySet<string>
}

/** Walks a list in its order. @returns the steps known behind it */
function walkActions(
  actions: readonly Action[],
  around: Names,
  walk: Walk,
  nested: boolean,
): ReadonlyMap<string, KnownStep> {
  const steps = new Map(around.steps)
  for (const action of actions) {
    const names: Names = { ...around, steps: new Map(steps) }
    const place = walk.places.get(action)!
    if (place.broken) {
      steps.set(action.key, { type: action.type })
      addAll(steps, walkErrorPath(action, { ...names, steps: new Map(steps) }, walk))
      continue
    }
    if (action.type === 'branch') addAll(steps, walkBranch(action, place, names, walk))
    else if (action.type === 'for_each') addAll(steps, walkLoop(action, place, names, walk))
    else {
      const { context, findings, event, secrets } = walk
      checkAction({ ...findings, action, place, names, templates: context.templates, secrets, event, nested })
    }
    steps.set(action.key, stepOf(action, names))
    const failed = new Map(names.steps).set(action.key, stepOf(action, names))
    addAll(steps, walkErrorPath(action, { ...names, steps: failed }, walk))
  }
  return steps
}

/** The steps of an error path see what stood before the action, the failed step itself, and `error`. */
function walkErrorPath({ on_error: onError }: Action, names: Names, walk: Walk): ReadonlyMap<string, KnownStep> {
  if (typeof onError !== 'object') return new Map()
  return walkActions(onError.actions, { ...names, error: true }, walk, true)
}

function addAll(steps: Map<string, KnownStep>, more: ReadonlyMap<string, KnownStep>): void {
  for (const [key, step] of more) steps.set(key, step)
}

/** Each way sees what stood before the branch; behind it the steps of all ways can be named. */
function walkBranch(action: Action, place: ActionPlace, names: Names, walk: Walk): ReadonlyMap<string, KnownStep> {
  const { errors } = walk.findings
  const behind = new Map<string, KnownStep>()
  unknownConfig(action, ['conditions'], place, errors)
  for (const [index, arm] of (action.config['conditions'] as BranchArm[]).entries()) {
    if ('else' in arm) addAll(behind, walkActions(arm.else, names, walk, true))
    else {
      if (arm.if !== undefined) checkConditions(arm.if, place.at('conditions', index, 'if'), names, walk.findings, true)
      addAll(behind, walkActions(arm.then, names, walk, true))
    }
  }
  return behind
}

const MAX_ITEMS = 1000

function walkLoop(action: Action, place: ActionPlace, names: Names, walk: Walk): ReadonlyMap<string, KnownStep> {
  const { errors } = walk.findings
  const { items, max, actions } = action.config as { items: unknown; max: unknown; actions: Action[] }
  unknownConfig(action, ['items', 'actions', 'max'], place, errors)
  const path = place.at('items')
  const hint = 'an expression that gives a list, such as {{steps.find_records_1.records}}'
  if (items === undefined) errors.push(problem(path, 'items is missing', hint))
  else if (Array.isArray(items)) errors.push(...valueProblems(items, path, names))
  else if (typeof items === 'string' && items.trim() !== '') errors.push(...expressionProblems(items, path, names))
  else errors.push(problem(path, 'items must be a list, or an expression that gives one', hint))
  if (max !== undefined && !(typeof max === 'number' && Number.isInteger(max) && max >= 1 && max <= MAX_ITEMS))
    errors.push(problem(place.at('max'), `max is a whole number from 1 to ${MAX_ITEMS}`))
  else if (Array.isArray(items) && !isTemplated(items) && items.length > ((max as number | undefined) ?? MAX_ITEMS))
    errors.push(problem(path, 'items has more entries than max allows'))
  const object = itemObject(items, names)
  return walkActions(actions, { ...names, item: object === undefined ? {} : { object } }, walk, true)
}

function unknownConfig(action: Action, known: readonly string[], place: ActionPlace, errors: Problem[]): void {
  for (const key of Object.keys(action.config))
    if (!known.includes(key))
      errors.push(problem(place.at(key), `"${key}" is not known here`, `one of: ${known.join(', ')}`))
}
