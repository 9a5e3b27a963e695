import { ACTIONS } from '../actions/index.ts'
import { validateAddress } from '../address.ts'
import type { Action } from '../automation.ts'
import type { EmailTexts } from '../email-template.ts'
import type { ActionPlace } from '../normalize.ts'
import { isEmpty } from '../notation.ts'
import { comparisonOf } from '../filters.ts'
import { objectSlug } from '../object.ts'
import type { ObjectDefinition } from '../object.ts'
import { fieldBySlug } from '../record.ts'
import { writtenProblems } from './fields.ts'
import { targetOf, unknownField } from './names.ts'
import type { KnownStep, Names } from './names.ts'
import { isObject, pointer, problem, shapeProblems } from './problems.ts'
import type { Findings } from './problems.ts'
import { hintFor } from './suggest.ts'
import { isTemplated, plainPath, templateProblems, valueProblems } from './templates.ts'
import { filterProblems, objectProblems } from './trigger.ts'
import { checkWait } from './wait.ts'
import { urlProblem } from './webhook-url.ts'

/** An e-mail template of the workspace. */
export interface KnownTemplate {
  id: string
  name: string
  texts?: EmailTexts
}

/** What the check of one action sees. */
export interface ActionCheck extends Findings {
  readonly action: Action
  readonly place: ActionPlace
  readonly names: Names
  readonly templates: readonly KnownTemplate[]
  /** names of the workspace's secrets, which only a webhook's url, headers and body may use */
  readonly secrets: ReadonlySet<string>
  /** the trigger's event: after a deletion there is nothing left to update */
  readonly event: unknown
  /** inside a branch or loop */
  readonly nested: boolean
}

type Config = Record<string, unknown>

/**
 * Checks an action's config and gives it its stored form: a template named by its name gets its id, a nested e-mail its
 * recipient, a bare `until` its braces. Branches and loops are walked by `validateAutomation`.
 *
 * Source: SPEC.md, sections 3 and 6; SPEC-DETAILS.md, section 6
 */
export function checkAction(check: ActionCheck): void {
  const { action, place, errors } = check
  const definition = ACTIONS[action.type]
  if (!('config' in definition)) return
  const found = shapeProblems(definition.config, action.config, (keys) => place.at(...keys))
  errors.push(...found)
  if (found.length > 0) return
  CHECKS[action.type]?.(check, action.config)
}

const CHECKS: Partial<Record<Action['type'], (check: ActionCheck, config: Config) => void>> = {
  send_email: checkEmail,
  update_record: checkUpdate,
  create_record: checkCreate,
  webhook: checkWebhook,
  wait: checkWait,
  delete_record: (check, config) => checkRecordId(check, config),
  find_records: checkFind,
  stop: (check, config) => checkTexts(check, config),
}

/** Templates of the whole config, but for the keys named. */
function checkTexts({ errors, place, names }: ActionCheck, config: Config, except: readonly string[] = []): void {
  for (const [key, value] of Object.entries(config))
    if (!except.includes(key)) errors.push(...valueProblems(value, place.at(key), names))
}

function checkEmail(check: ActionCheck, config: Config): void {
  const { errors, warnings, place, names, nested } = check
  const { template_id: template, subject, body, variables, to } = config
  if (template !== undefined && (subject !== undefined || body !== undefined)) {
    const message = 'an e-mail has either a template or its own subject and body, not both'
    errors.push(problem(place.at(subject === undefined ? 'body' : 'subject'), message))
  } else if (template === undefined && (subject === undefined || body === undefined)) {
    if (subject === undefined && body === undefined)
      errors.push(problem(place.at(), 'the e-mail has no content', 'give a template, or subject and body'))
    else {
      const missing = subject === undefined ? 'subject' : 'body'
      errors.push(problem(place.at(missing), `${missing} is missing`, 'subject and body belong together'))
    }
  }
  if (typeof template === 'string') checkTemplateId(check, config, template)
  if (to === undefined) {
    const address = names.object?.fields
      .toSorted((a, b) => a.position - b.position)
      .find(({ type }) => type === 'email')
    if (nested && address !== undefined) config['to'] = `{{record.${address.slug}}}`
    else errors.push(problem(place.at('to'), 'to is missing', hintForRecipient(names.object)))
  } else if (isEmpty(to)) errors.push(problem(place.at('to'), 'to is empty', hintForRecipient(names.object)))
  for (const key of ['to', 'cc', 'bcc', 'reply_to']) {
    const list = Array.isArray(config[key]) ? (config[key] as unknown[]) : [config[key]]
    for (const [index, one] of list.entries()) {
      if (typeof one !== 'string' || one === '' || isTemplated(one)) continue
      const checked = validateAddress(one)
      const path = Array.isArray(config[key]) ? place.at(key, index) : place.at(key)
      if ('error' in checked) warnings.push(problem(path, checked.message, 'the step will fail with INVALID_ADDRESS'))
    }
  }
  checkTexts(check, config, ['template_id', 'subject', 'body'])
  const inside: Names = { ...names, variables: new Set(Object.keys((variables as object | undefined) ?? {})) }
  for (const key of ['subject', 'body'])
    if (typeof config[key] === 'string') errors.push(...templateProblems(config[key], place.at(key), inside))
}

function hintForRecipient(object: ObjectDefinition | null): string {
  const address = object?.fields.find(({ type }) => type === 'email')
  return address === undefined ? 'an address, or a list of addresses' : `such as {{record.${address.slug}}}`
}

function checkTemplateId(check: ActionCheck, config: Config, given: string): void {
  const { errors, place, names, templates } = check
  if (isTemplated(given)) {
    errors.push(...templateProblems(given, place.at('template_id'), names))
    return
  }
  const found = templates.find(({ id }) => id === given) ?? templates.find(({ name }) => name === given)
  if (found !== undefined) {
    config['template_id'] = found.id
    warnOfTexts(check, config, found)
    return
  }
  const hint = hintFor(given, given.startsWith('tmpl_') ? [] : templates.map(({ name }) => name))
  const message = `there is no e-mail template ${JSON.stringify(given.slice(0, 100))}`
  errors.push(problem(place.at('template_id'), message, hint ?? 'make it first, under E-mail templates'))
}

/** A template serves several automations, so a name that isn't known in this one is a warning: it will be empty. */
function warnOfTexts({ warnings, place, names }: ActionCheck, config: Config, { name, texts }: KnownTemplate): void {
  if (texts === undefined) return
  const variables = new Set(Object.keys((config['variables'] as object | undefined) ?? {}))
  const found = [texts.subject, texts.html, texts.text ?? ''].flatMap((text) =>
    templateProblems(text, place.at('template_id'), { ...names, variables }),
  )
  const told = new Set<string>()
  for (const { path, message, hint } of found) {
    const what = message.replace(/, at column \d+$/, '')
    if (!told.has(what)) warnings.push(problem(path, `the template "${name}": ${what}`, hint))
    told.add(what)
  }
}

/** `record_id`, or the triggering record: which object it is of, null when only the run knows. */
function checkRecordId(check: ActionCheck, config: Config): ObjectDefinition | null {
  const { errors, warnings, place, names, event } = check
  const id = config['record_id']
  if (typeof id === 'string') {
    if (id.trim() === '') errors.push(problem(place.at('record_id'), 'record_id is empty'))
    else if (!isTemplated(id) && !/^rec_[0-9a-f]{32}$/.test(id))
      errors.push(problem(place.at('record_id'), 'record_id is not the id of a record', 'such as {{record.company}}'))
    errors.push(...templateProblems(id, place.at('record_id'), names))
    return objectOfId(id, names)
  }
  if (names.object === null)
    errors.push(
      problem(
        place.at('record_id'),
        'record_id is missing: the trigger gives no record',
        'such as {{steps.find_records_1.first.id}}',
      ),
    )
  else if (event === 'record.deleted')
    warnings.push(
      problem(
        place.path,
        'the record that starts this automation is deleted then, so this step will fail',
        'name another record with record_id',
      ),
    )
  return names.object
}

/** The object of the record that an id belongs to, as far as the document tells. */
function objectOfId(id: string, names: Names): ObjectDefinition | null {
  const use = plainPath(id)
  if (use === null) return null
  const [first, second, third] = use.path
  if (use.root === 'item' && first === 'id' && use.path.length === 1) return names.item?.object ?? null
  if (use.root === 'steps') {
    const step = names.steps.get(String(first))
    const direct = step?.type === 'create_record' && second === 'id'
    const found =
      step?.type === 'find_records' && (second === 'first' || second === 'records') && use.path.at(-1) === 'id'
    return direct || found ? (step.object ?? null) : null
  }
  if ((use.root === 'record' || use.root === 'previous') && names.object !== null) {
    if (first === 'id') return names.object
    const field = fieldBySlug(names.object, String(first))
    if (field === undefined) return null
    if (second === undefined || (second === 'id' && third === undefined)) return targetOf(field, names.objects) ?? null
  }
  return null
}

function checkUpdate(check: ActionCheck, config: Config): void {
  const { errors, place, names } = check
  const object = checkRecordId(check, config)
  const fields = config['fields'] as Config
  if (Object.keys(fields).length === 0) errors.push(problem(place.at('fields'), 'fields is empty: say what to change'))
  const known = object !== null || config['record_id'] !== undefined
  if (known)
    errors.push(
      ...writtenProblems(fields, object, 'update', names, (slug) =>
        slug === undefined ? place.at('fields') : place.at('fields', slug),
      ),
    )
  errors.push(...valueProblems(fields, place.at('fields'), names))
}

function checkCreate({ errors, place, names }: ActionCheck, config: Config): void {
  const ref = config['object_definition_id'] as string
  errors.push(...objectProblems(ref, place.at('object_definition_id'), names.objects))
  const data = config['data'] as Config
  const object = names.objects.get(objectSlug(ref))
  if (object !== undefined)
    errors.push(
      ...writtenProblems(data, object, 'create', names, (slug) =>
        slug === undefined ? place.at('data') : place.at('data', slug),
      ),
    )
  errors.push(...valueProblems(data, place.at('data'), names))
}

function checkWebhook(check: ActionCheck, config: Config): void {
  const { errors, warnings, place, names, secrets } = check
  const url = config['url'] as string
  const bad = urlProblem(url)
  if (bad !== null) errors.push({ path: place.at('url'), ...bad })
  for (const [name, value] of Object.entries((config['headers'] as Record<string, string> | undefined) ?? {})) {
    const path = place.at('headers', name)
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      errors.push(problem(path, `${JSON.stringify(name)} can't be the name of a header`))
    if (/[\r\n]/.test(value)) errors.push(problem(path, 'a header can’t hold a line break'))
  }
  if (config['method'] === 'GET' && config['body'] !== undefined)
    warnings.push(problem(place.at('body'), 'GET sends no body', 'use POST, PUT, PATCH or DELETE'))
  const inside: Names = { ...names, secrets }
  for (const key of ['url', 'headers', 'body']) errors.push(...valueProblems(config[key], place.at(key), inside))
}

function checkFind({ errors, place, names }: ActionCheck, config: Config): void {
  const ref = config['object'] as string
  errors.push(...objectProblems(ref, place.at('object'), names.objects))
  const object = names.objects.get(objectSlug(ref))
  if (object === undefined) return
  if (config['filters'] !== undefined)
    errors.push(...filterProblems(config['filters'], object, place.at('filters'), names))
  const { sort } = config
  if (sort === undefined) return
  const written = isObject(sort) ? String(sort['field']) : String(sort)
  const slug = isObject(sort) ? written : written.replace(/^[-+]/, '')
  const path = isObject(sort) ? pointer(place.at('sort'), 'field') : place.at('sort')
  if (isTemplated(written)) errors.push(problem(path, 'sort can’t hold a template', `such as -created_at`))
  else if (comparisonOf(object, slug) === null) errors.push({ path, ...unknownField(slug, object) })
}

/** What later steps can know of an action that ran. */
export function stepOf(action: Action, names: Names): KnownStep {
  const ref =
    action.type === 'create_record'
      ? action.config['object_definition_id']
      : action.type === 'find_records'
        ? action.config['object']
        : undefined
  const object = typeof ref === 'string' ? names.objects.get(objectSlug(ref)) : undefined
  return object === undefined ? { type: action.type } : { type: action.type, object }
}

/** The object of a loop's items, when they are the records of an earlier find_records. */
export function itemObject(items: unknown, names: Names): ObjectDefinition | undefined {
  const text = typeof items === 'string' && !items.includes('{{') ? `{{${items}}}` : items
  const use = plainPath(text)
  if (use?.root !== 'steps' || use.path.length !== 2 || use.path[1] !== 'records') return undefined
  return names.steps.get(String(use.path[0]))?.object
}
