import { ACTION_TYPES } from './actions/index.ts'
import type { ActionType } from './actions/index.ts'
import { MAX_ACTIONS, MAX_BRANCH_DEPTH } from './automation.ts'
import type { Group } from './conditions/index.ts'
import type { Action, AutomationDocument, AutomationMode, AutomationStatus } from './automation.ts'
import {
  ACTION_KEYS,
  DESCRIPTION_LIMIT,
  DOCUMENT_KEYS,
  KEY_LIMIT,
  NAME_LIMIT,
  READ_ONLY_KEYS,
} from './document-schema.ts'
import type { Problem } from './errors.ts'
import { RESERVED_SLUGS, SLUG_PATTERN } from './field.ts'
import { withoutDefaults } from './validate/enrolment.ts'
import { isObject, kindOf, pointer, problem, unknownKeys } from './validate/problems.ts'
import { hintFor } from './validate/suggest.ts'

/** Where an action stood in the document as it was written. */
export interface ActionPlace {
  /** the action itself, e.g. `/actions/0` */
  readonly path: string
  /** pointer of something in its config, under the name it was written with: `('template_id')` → `/actions/0/template` */
  at(...keys: readonly (string | number)[]): string
  /** its config is no object: that is said, and there is nothing in it to judge */
  readonly broken: boolean
}

export interface NormalizedAutomation {
  name: string
  description: string
  status?: AutomationStatus
  mode?: AutomationMode
  version?: number
  /** shaped, but with contents still unchecked; actions that aren't actions at all are left out */
  document: AutomationDocument
  places: ReadonlyMap<Action, ActionPlace>
  errors: Problem[]
}

/** Other names of config keys, by type of action. */
const ALIASES: Partial<Record<ActionType, Readonly<Record<string, string>>>> = {
  send_email: { template: 'template_id' },
}

interface State {
  readonly errors: Problem[]
  readonly places: Map<Action, ActionPlace>
  /** in the order of the document */
  readonly actions: Action[]
}

/**
 * Brings an automation into its one form: `{type, …}` is lifted into `config`, aliases get their name, every action a key.
 * What stands in the trigger, the rules and the configs is kept as it was written, and judged by `validateAutomation`.
 *
 * @param raw the document as it came, any JSON
 * @param options.draft the name may be missing
 * @returns the parts, the place of each action as it was written, and what is wrong with the shape
 * Source: SPEC.md, section 3; SPEC-DETAILS.md, section 3
 */
export function normalizeDocument(raw: unknown, options: { draft?: boolean } = {}): NormalizedAutomation {
  const state: State = { errors: [], places: new Map(), actions: [] }
  const { errors } = state
  if (!isObject(raw)) {
    errors.push(problem('', `an automation is an object, not ${kindOf(raw)}`))
    return { name: '', description: '', document: emptyDocument(), places: state.places, errors }
  }
  errors.push(
    ...unknownKeys(raw, [...DOCUMENT_KEYS, ...READ_ONLY_KEYS], '').map((found) =>
      found.hint?.startsWith('one of') ? { ...found, hint: `one of: ${DOCUMENT_KEYS.join(', ')}` } : found,
    ),
  )
  const document: AutomationDocument = {
    trigger: raw['trigger'] as AutomationDocument['trigger'],
    conditions: (raw['conditions'] ?? { match: 'all', rules: [] }) as AutomationDocument['conditions'],
    actions: topActions(raw['actions'], state),
  }
  giveKeys(state)
  if (raw['serial'] !== undefined) {
    if (typeof raw['serial'] === 'boolean') document.serial = raw['serial']
    else errors.push(problem('/serial', `serial must be true or false, not ${kindOf(raw['serial'])}`))
  }
  if (raw['exit'] !== undefined) document.exit = raw['exit'] as Group
  Object.assign(document, withoutDefaults(raw))
  return {
    name: nameOf(raw['name'], errors, options.draft === true),
    description: descriptionOf(raw['description'], errors),
    ...switches(raw, errors),
    document,
    places: state.places,
    errors,
  }
}

function emptyDocument(): AutomationDocument {
  return {
    trigger: undefined as unknown as AutomationDocument['trigger'],
    conditions: { match: 'all', rules: [] },
    actions: [],
  }
}

function nameOf(given: unknown, errors: Problem[], draft: boolean): string {
  if (given === undefined && draft) return 'Draft'
  if (given === undefined) errors.push(problem('/name', 'name is missing', 'say what the automation does'))
  else if (typeof given !== 'string') errors.push(problem('/name', `name must be text, not ${kindOf(given)}`))
  else if (given.trim() === '' && !draft) errors.push(problem('/name', 'name is empty', 'say what the automation does'))
  else if ([...given].length > NAME_LIMIT)
    errors.push(problem('/name', `name is too long: at most ${NAME_LIMIT} characters`))
  else return given.trim()
  return ''
}

function descriptionOf(given: unknown, errors: Problem[]): string {
  if (given === undefined || given === null) return ''
  if (typeof given !== 'string') errors.push(problem('/description', `description must be text, not ${kindOf(given)}`))
  else if (given.length > DESCRIPTION_LIMIT)
    errors.push(problem('/description', `description is too long: at most ${DESCRIPTION_LIMIT} characters`))
  else return given
  return ''
}

function switches(
  raw: Record<string, unknown>,
  errors: Problem[],
): Pick<NormalizedAutomation, 'status' | 'mode' | 'version'> {
  const found: Pick<NormalizedAutomation, 'status' | 'mode' | 'version'> = {}
  const { status, mode, version } = raw
  if (status === 'active' || status === 'inactive') found.status = status
  else if (status !== undefined) errors.push(problem('/status', 'status is "active" or "inactive"'))
  if (mode === 'live' || mode === 'test') found.mode = mode
  else if (mode !== undefined) errors.push(problem('/mode', 'mode is "live" or "test"'))
  if (typeof version === 'number' && Number.isInteger(version) && version >= 1 && version < 2 ** 31)
    found.version = version
  else if (version !== undefined) errors.push(problem('/version', 'version is a whole number from 1'))
  return found
}

function topActions(given: unknown, state: State): Action[] {
  if (given === undefined) state.errors.push(problem('/actions', 'actions is missing', 'say what the automation does'))
  else if (Array.isArray(given) && given.length === 0)
    state.errors.push(problem('/actions', 'an automation needs at least one action'))
  else return actionList(given, '/actions', 0, state)
  return []
}

function actionList(given: unknown, path: string, depth: number, state: State): Action[] {
  if (!Array.isArray(given)) {
    state.errors.push(problem(path, `a list of actions was expected, not ${kindOf(given)}`))
    return []
  }
  if (depth > MAX_BRANCH_DEPTH) {
    state.errors.push(
      problem(path, `branches, loops and error paths are nested too deep: at most ${MAX_BRANCH_DEPTH} levels`),
    )
    return []
  }
  const list: Action[] = []
  for (const [index, one] of given.entries()) {
    const action = actionOf(one, pointer(path, index), depth, state)
    if (action !== null) list.push(action)
  }
  return list
}

function actionOf(given: unknown, path: string, depth: number, state: State): Action | null {
  const { errors, actions } = state
  if (!isObject(given)) {
    errors.push(problem(path, `an action is an object, not ${kindOf(given)}`))
    return null
  }
  const type = given['type']
  if (typeof type !== 'string' || !(ACTION_TYPES as readonly string[]).includes(type)) {
    const message = type === undefined ? 'the action has no type' : `there is no action ${JSON.stringify(type)}`
    errors.push(problem(pointer(path, 'type'), message, hintFor(type, ACTION_TYPES)))
    return null
  }
  if (actions.length === MAX_ACTIONS) {
    errors.push(
      problem(
        path,
        `too many actions: at most ${MAX_ACTIONS} in all, those in branches, loops and error paths included`,
      ),
    )
    return null
  }
  const { config, place } = configOf(given, type as ActionType, path, errors)
  const action: Action = { key: '', type: type as ActionType, config }
  actions.push(action)
  state.places.set(action, place)
  headOf(given, action, path, errors)
  if (place.broken) config[type === 'branch' ? 'conditions' : 'actions'] = []
  else if (type === 'branch') branchActions(config, place, depth, state)
  else if (type === 'for_each') {
    if (config['actions'] === undefined) errors.push(problem(place.at('actions'), 'actions is missing'))
    config['actions'] =
      config['actions'] === undefined ? [] : actionList(config['actions'], place.at('actions'), depth + 1, state)
  }
  if (isObject(given['on_error']))
    action.on_error = errorPath(given['on_error'], pointer(path, 'on_error'), depth, state)
  return action
}

function errorPath(given: Record<string, unknown>, path: string, depth: number, state: State): { actions: Action[] } {
  const { errors } = state
  const place = pointer(path, 'actions')
  errors.push(...unknownKeys(given, ['actions'], path))
  if (given['actions'] === undefined)
    errors.push(problem(place, 'actions is missing', 'what to do when the step fails'))
  else if (Array.isArray(given['actions']) && given['actions'].length === 0)
    errors.push(problem(place, 'an error path needs at least one action', 'on_error: "continue" goes on without any'))
  else return { actions: actionList(given['actions'], place, depth + 1, state) }
  return { actions: [] }
}

/** The config under its proper names, and where its parts were written. */
function configOf(
  given: Record<string, unknown>,
  type: ActionType,
  path: string,
  errors: Problem[],
): { config: Record<string, unknown>; place: ActionPlace } {
  const lifted = given['config'] === undefined
  const base = lifted ? path : pointer(path, 'config')
  const broken = !lifted && !isObject(given['config'])
  let written: Record<string, unknown> = {}
  if (lifted) {
    for (const [key, value] of Object.entries(given)) if (!isActionKey(key)) written[key] = value
  } else {
    if (!broken) written = given['config'] as Record<string, unknown>
    else errors.push(problem(base, `config must be an object, not ${kindOf(given['config'])}`))
    for (const key of Object.keys(given)) {
      if (isActionKey(key)) continue
      const hint = hintFor(key, ACTION_KEYS)
      errors.push(
        problem(
          pointer(path, key),
          `"${key}" is not known here`,
          hint?.startsWith('did') ? hint : 'it may belong into config',
        ),
      )
    }
  }
  const names: Record<string, string> = Object.create(null)
  const config: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(written)) {
    if (key === '__proto__') continue
    const aliases = ALIASES[type]
    const name = aliases !== undefined && Object.hasOwn(aliases, key) ? aliases[key]! : key
    if (name !== key && written[name] !== undefined) {
      errors.push(
        problem(pointer(base, key), `"${key}" is another name of "${name}", which is given too`, `keep "${name}"`),
      )
      continue
    }
    config[name] = value
    if (name !== key) names[name] = key
  }
  const place: ActionPlace = {
    path,
    broken,
    at: (...keys) => {
      const [first, ...rest] = keys
      return first === undefined ? base : pointer(base, names[first] ?? first, ...rest)
    },
  }
  return { config, place }
}

function isActionKey(key: string): boolean {
  return (ACTION_KEYS as readonly string[]).includes(key)
}

function headOf(given: Record<string, unknown>, action: Action, path: string, errors: Problem[]): void {
  const { key, name, on_error: onError } = given
  if (key !== undefined && key !== null) {
    if (typeof key !== 'string') errors.push(problem(pointer(path, 'key'), `key must be text, not ${kindOf(key)}`))
    else if (!SLUG_PATTERN.test(key) || key.length > KEY_LIMIT || RESERVED_SLUGS.has(key))
      errors.push(
        problem(
          pointer(path, 'key'),
          `${JSON.stringify(key)} can't be a key`,
          'lower-case letters, digits and _, beginning with a letter, such as send_email_1',
        ),
      )
    else action.key = key
  }
  if (name !== undefined && name !== null) {
    if (typeof name !== 'string' || name.length > NAME_LIMIT)
      errors.push(problem(pointer(path, 'name'), `name must be text of at most ${NAME_LIMIT} characters`))
    else action.name = name
  }
  if (onError === 'stop' || onError === 'continue') action.on_error = onError
  else if (onError !== undefined && !isObject(onError))
    errors.push(problem(pointer(path, 'on_error'), 'on_error is "stop", "continue" or {"actions": […]}'))
}

function branchActions(config: Record<string, unknown>, place: ActionPlace, depth: number, state: State): void {
  const { errors } = state
  const arms = config['conditions']
  if (!Array.isArray(arms) || arms.length === 0) {
    errors.push(
      problem(
        place.at('conditions'),
        'a branch needs a list of conditions',
        '[{"if": {"field": …, "operator": …, "value": …}, "then": […]}, {"else": […]}]',
      ),
    )
    config['conditions'] = []
    return
  }
  const shaped: unknown[] = []
  for (const [index, arm] of arms.entries()) {
    const path = place.at('conditions', index)
    if (!isObject(arm)) {
      errors.push(problem(path, `{"if": …, "then": […]} or {"else": […]} was expected, not ${kindOf(arm)}`))
      shaped.push({ else: [] })
      continue
    }
    const isElse = arm['else'] !== undefined && arm['if'] === undefined
    if (isElse) {
      errors.push(...unknownKeys(arm, ['else'], path))
      if (index < arms.length - 1) errors.push(problem(path, 'else must be the last entry of its branch'))
      shaped.push({ else: actionList(arm['else'], pointer(path, 'else'), depth + 1, state) })
      continue
    }
    for (const found of unknownKeys(arm, ['if', 'then'], path)) {
      errors.push(
        arm['else'] === undefined ? found : { ...found, hint: 'put {"else": […]} as the last entry of its own' },
      )
    }
    if (arm['if'] === undefined)
      errors.push(problem(pointer(path, 'if'), 'if is missing', 'a rule, or a group of rules'))
    if (arm['then'] === undefined) errors.push(problem(pointer(path, 'then'), 'then is missing', 'a list of actions'))
    shaped.push({
      if: arm['if'],
      then: arm['then'] === undefined ? [] : actionList(arm['then'], pointer(path, 'then'), depth + 1, state),
    })
  }
  config['conditions'] = shaped
}

/** Refuses a key given twice, and numbers the actions without one: `send_email_1`, `send_email_2`, … past the keys taken. */
function giveKeys(state: State): void {
  const taken = new Map<string, Action>()
  for (const action of state.actions) {
    if (action.key === '') continue
    const first = taken.get(action.key)
    if (first === undefined) taken.set(action.key, action)
    else
      state.errors.push(
        problem(
          pointer(state.places.get(action)!.path, 'key'),
          `the key "${action.key}" stands twice`,
          `it is also at ${state.places.get(first)!.path}`,
        ),
      )
  }
  const counts = new Map<ActionType, number>()
  for (const action of state.actions) {
    if (action.key !== '') continue
    let n = counts.get(action.type) ?? 0
    do n += 1
    while (taken.has(`${action.type}_${n}`))
    counts.set(action.type, n)
    action.key = `${action.type}_${n}`
    taken.set(action.key, action)
  }
}
