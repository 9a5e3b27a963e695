import {
  type Action,
  type AutomationDocument,
  type Field,
  type FieldOptionItem,
  type ObjectDefinition,
  objectSlug,
  OPTION_COLORS,
} from '@kantos/model'

/** What stands in a file, as plain data in the order of its keys. */
export type Content = Record<string, unknown>

export interface AutomationHead {
  key: string
  name: string
  description: string
  status: string
  mode: string
}

/**
 * An automation as its file says it: objects by slug, templates by key, no ids.
 *
 * @param templateKeys keys of e-mail templates by public id
 */
export function automationContent(
  head: AutomationHead,
  document: AutomationDocument,
  templateKeys: ReadonlyMap<string, string>,
): Content {
  const { trigger, conditions, actions, ...rest } = document
  // as good as absent
  if (rest.serial === false) delete rest.serial
  const content: Content = { key: head.key, name: head.name }
  if (head.description !== '') content.description = head.description
  Object.assign(content, { status: head.status, mode: head.mode, trigger: withSlug(trigger) })
  if (conditions.rules.length > 0) content.conditions = conditions
  return { ...content, ...rest, actions: actions.map((action) => actionContent(action, templateKeys)) }
}

function withSlug(trigger: AutomationDocument['trigger']): Content {
  const { object } = trigger as { object?: string }
  return object === undefined ? { ...trigger } : { ...trigger, object: objectSlug(object) }
}

/** An action, and all below it, with templates by key and objects by slug. */
export function actionContent(
  { key, name, type, config, on_error: onError }: Action,
  templateKeys: ReadonlyMap<string, string>,
): Content {
  const list = (actions: unknown) => (actions as Action[]).map((action) => actionContent(action, templateKeys))
  const given: Content = { ...config }
  if (typeof given.object === 'string') given.object = objectSlug(given.object)
  if (typeof given.object_definition_id === 'string')
    given.object_definition_id = objectSlug(given.object_definition_id)
  if (type === 'branch')
    given.conditions = (config.conditions as Content[]).map((arm) =>
      'else' in arm ? { else: list(arm.else) } : { ...arm, then: list(arm.then) },
    )
  if (type === 'for_each') given.actions = list(config.actions)
  const content: Content = { key, type }
  if (name !== undefined) content.name = name
  const templateKey = templateKeys.get(String(config.template_id))
  content.config = templateKey === undefined ? given : renamed(given, 'template_id', 'template', templateKey)
  if (onError !== undefined)
    content.on_error = typeof onError === 'object' ? { actions: list(onError.actions) } : onError
  return content
}

/** The same keys in the same order, but one has another name and value. */
function renamed(content: Content, from: string, to: string, value: unknown): Content {
  return Object.fromEntries(Object.entries(content).map(([key, one]) => (key === from ? [to, value] : [key, one])))
}

/** An e-mail template as its file says it. */
export function templateContent(
  key: string,
  { name, subject, html, text }: { name: string; subject: string; html: string; text: string | null },
): Content {
  return { key, name, subject, ...(html === '' ? {} : { html }), ...(text === null ? {} : { text }) }
}

/** An object as its file says it: fields in their order, without what is as it would be anyway. */
export function objectContent({ slug, name, icon, description, fields }: ObjectDefinition): Content {
  return {
    key: slug,
    name,
    icon,
    ...(description === null ? {} : { description }),
    fields: fields.map(fieldContent),
  }
}

export function fieldContent({ slug, name, type, required, unique, default_value: value, options }: Field): Content {
  const content: Content = { slug, name, type }
  if (required) content.required = true
  if (unique) content.unique = true
  if (value !== null) content.default_value = value
  const { object, stages, choices } = options ?? {}
  if (object !== undefined) content.options = { object }
  if (stages !== undefined) content.options = { stages: stages.map(optionContent) }
  if (choices !== undefined) content.options = { choices: choices.map(optionContent) }
  return content
}

function optionContent({ name, color, order }: FieldOptionItem, index: number): unknown {
  if (order !== index) return { name, color, order }
  return color === OPTION_COLORS[index % OPTION_COLORS.length] ? name : { name, color }
}
