import type { KnownTemplate, Problem, ValidationContext } from '@kantos/model'
import type { Content } from './content.ts'

/** An e-mail template by its key, with the public id and the texts that automations are checked against. */
export type KeyedTemplate = KnownTemplate & { key: string }

/** What automations are checked against: a workspace as it is, or as it will be. */
export type PlannedContext = Omit<ValidationContext, 'templates'> & { templates: readonly KeyedTemplate[] }

/** Public ids of e-mail templates by key. */
export function keysOf(templates: readonly KeyedTemplate[]): ReadonlyMap<string, string> {
  return new Map(templates.map(({ key, id }) => [key, id]))
}

/**
 * A file's automation as a save takes it: without its key, and with ids for the keys of templates.
 *
 * @param ids public ids of e-mail templates by key
 */
export function savedForm(content: Content, ids: ReadonlyMap<string, string>): { raw: Content; problems: Problem[] } {
  const problems: Problem[] = []
  const list = (actions: unknown, path: string) =>
    Array.isArray(actions) ? actions.map((action, i) => one(action, `${path}/${i}`)) : actions
  const inside = (value: unknown, key: string, path: string) =>
    isPlain(value) && value[key] !== undefined ? { ...value, [key]: list(value[key], `${path}/${key}`) } : value
  const one = (action: unknown, path: string): unknown => {
    if (!isPlain(action)) return action
    const made: Content = { ...action }
    if (made.on_error !== undefined) made.on_error = inside(made.on_error, 'actions', `${path}/on_error`)
    // an action may be written without `config`
    const lifted = !isPlain(made.config)
    const at = lifted ? path : `${path}/config`
    const config: Content = lifted ? made : { ...(made.config as Content) }
    if (made.type === 'send_email' && typeof config.template === 'string')
      config.template = templateId(config.template, `${at}/template`)
    if (made.type === 'for_each') config.actions = list(config.actions, `${at}/actions`)
    if (made.type === 'branch' && Array.isArray(config.conditions))
      config.conditions = config.conditions.map((arm, i) =>
        inside(inside(arm, 'then', `${at}/conditions/${i}`), 'else', `${at}/conditions/${i}`),
      )
    if (!lifted) made.config = config
    return made
  }
  const templateId = (key: string, path: string): string => {
    const id = ids.get(key)
    if (id !== undefined) return id
    const message = `there is no e-mail template with the key ${JSON.stringify(key)}`
    problems.push({ path, message, hint: `make email-templates/${key}.yaml, or pull first` })
    return key
  }
  // what was read may be written as it came; whose version it was is known by the plan
  const { key: _, version: _version, ...rest } = content
  const raw = rest.actions === undefined ? rest : { ...rest, actions: list(rest.actions, '/actions') }
  return { raw, problems }
}

function isPlain(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
