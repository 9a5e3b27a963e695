import { z } from 'zod'
import { ACTION_TYPES, ACTIONS, type ActionType } from './actions/index.ts'
import { emailTemplateInput } from './api/email-templates.ts'
import { OPERATORS, OPERATOR_LABELS } from './conditions/index.ts'
import { DESCRIPTION_LIMIT, KEY_LIMIT, NAME_LIMIT } from './document-schema.ts'
import { enrolmentSchema, ON_IMPORT } from './enrolment.ts'
import { objectInput } from './object.ts'
import { TRIGGERS, triggerSchema, type TriggerEvent } from './trigger.ts'

type Json = Record<string, unknown>

const DIALECT = 'http://json-schema.org/draft-07/schema#'
const ref = (name: string) => ({ $ref: `#/definitions/${name}` })

/** A part of the model as JSON Schema, as it is written. */
function shapeOf(schema: z.ZodType): Json {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  }) as Json
  return withoutCycles(made) as Json
}

/** Any JSON is a definition that names itself, of which each part would bring one along. */
function withoutCycles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCycles)
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value) return {}
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'definitions')
      .map(([key, part]) => [key, withoutCycles(part)]),
  )
}

/**
 * The JSON Schema (draft 7) of an automation's file, by which editors complete it. What it can't say, such as whether a
 * field exists, `validateAutomation` does.
 *
 * Source: SPEC.md, sections 3 to 6
 */
export function automationSchema(): Json {
  return {
    $schema: DIALECT,
    title: 'A Kantos automation',
    type: 'object',
    required: ['name', 'trigger', 'actions'],
    additionalProperties: false,
    properties: {
      key: { type: 'string', description: 'what it is called in files; default: the file’s name' },
      name: { type: 'string', minLength: 1, maxLength: NAME_LIMIT, description: 'what it does' },
      description: { type: 'string', maxLength: DESCRIPTION_LIMIT },
      status: { enum: ['inactive', 'active'], description: 'whether it starts; default: as it is, a new one inactive' },
      mode: { enum: ['live', 'test'], description: 'in test mode no e-mail and no webhook leaves' },
      trigger: ref('trigger'),
      enrolment: {
        ...shapeOf(enrolmentSchema),
        description: 'how often it takes one record; default: every_time',
      },
      on_import: { enum: [...ON_IMPORT], description: 'whether records of a CSV import start it; default: run' },
      serial: { type: 'boolean', description: 'one run of a record at a time, in order' },
      conditions: { ...ref('group'), description: 'what must hold; default: nothing' },
      exit: { ...ref('group'), description: 'ends a waiting run as soon as they hold' },
      actions: { ...ref('actions'), description: 'what happens, in order' },
    },
    definitions: {
      trigger: { description: 'what starts it', oneOf: triggers() },
      rule: rule(),
      group: group(),
      condition: { anyOf: [ref('rule'), ref('group')] },
      actions: { type: 'array', minItems: 1, items: ref('action') },
      steps: { type: 'array', items: ref('action') },
      action: { type: 'object', required: ['type'], properties: { type: typeOf() }, allOf: ACTION_TYPES.map(oneType) },
      on_error: {
        description: 'when it fails: end the run (default), go on, or run these actions and then go on',
        anyOf: [
          { enum: ['stop', 'continue'] },
          {
            type: 'object',
            required: ['actions'],
            additionalProperties: false,
            properties: { actions: ref('actions') },
          },
        ],
      },
    },
  }
}

function triggers(): Json[] {
  const { oneOf = [], anyOf = [] } = shapeOf(triggerSchema) as { oneOf?: Json[]; anyOf?: Json[] }
  return [...oneOf, ...anyOf].map((one) => {
    const { event } = one.properties as { event: { const: TriggerEvent } }
    return { title: TRIGGERS[event.const].label, description: TRIGGERS[event.const].hint, ...one }
  })
}

function rule(): Json {
  return {
    type: 'object',
    required: ['field', 'operator'],
    additionalProperties: false,
    properties: {
      field: {
        type: 'string',
        minLength: 1,
        description: 'a field, previous.<field>, <reference>.<field>, steps.<key>.…, webhook.body.…',
      },
      operator: {
        description: 'how the field and the value are compared',
        enum: [...OPERATORS],
        enumDescriptions: OPERATORS.map((operator) => OPERATOR_LABELS[operator]),
      },
      value: { description: 'what is expected; may hold {{ placeholders }}' },
    },
  }
}

function group(): Json {
  return {
    type: 'object',
    required: ['match', 'rules'],
    additionalProperties: false,
    properties: {
      match: { enum: ['all', 'any'], description: 'whether all rules must hold, or any' },
      rules: { type: 'array', items: ref('condition') },
    },
  }
}

function typeOf(): Json {
  return { enum: [...ACTION_TYPES], enumDescriptions: ACTION_TYPES.map((type) => ACTIONS[type].label) }
}

const HEAD: Json = {
  key: {
    type: 'string',
    pattern: '^[a-z][a-z0-9_]*$',
    maxLength: KEY_LIMIT,
    description: 'its outputs are {{steps.<key>.…}}; given when absent',
  },
  name: { type: 'string', maxLength: NAME_LIMIT },
  type: true,
  on_error: ref('on_error'),
}

/** What an action of a type looks like: its config under `config`, or beside its type. */
function oneType(type: ActionType): Json {
  const config = configOf(type)
  const { properties, required = [] } = config as { properties: Json; required?: string[] }
  const nested = {
    title: ACTIONS[type].label,
    properties: { ...HEAD, config: type === 'wait' ? { anyOf: waitKinds(config) } : config },
    required: ['config'],
    additionalProperties: false,
  }
  const lifted = {
    title: ACTIONS[type].label,
    properties: { ...HEAD, ...properties },
    required,
    additionalProperties: false,
    not: { required: ['config'] },
  }
  return {
    if: { properties: { type: { const: type } }, required: ['type'] },
    then: { if: { required: ['config'] }, then: nested, else: lifted },
  }
}

function configOf(type: ActionType): Json {
  if (type === 'branch') return branchConfig()
  if (type === 'for_each') return forEachConfig()
  const { config } = ACTIONS[type] as unknown as { config: z.ZodType }
  const made = shapeOf(config)
  if (type !== 'send_email') return made
  const template = { type: 'string', description: 'key of the template’s file, such as email-templates/welcome.yaml' }
  return { ...made, properties: { template, ...(made.properties as Json) } }
}

/** A wait is of one of three kinds, each with keys of its own. */
function waitKinds(config: Json): Json[] {
  const properties = config.properties as Json
  const kind = (required: string[], others: string[]) => ({
    type: 'object',
    required,
    additionalProperties: false,
    properties: Object.fromEntries([...required, ...others, 'business_hours'].map((key) => [key, properties[key]])),
  })
  return [
    kind(['duration', 'unit'], []),
    kind(['until'], ['if_past']),
    kind(['event', 'timeout'], ['field', 'from', 'to', 'on_timeout']),
  ]
}

function branchConfig(): Json {
  const arm = {
    type: 'object',
    required: ['if', 'then'],
    additionalProperties: false,
    properties: { if: ref('condition'), then: ref('steps') },
  }
  const other = {
    type: 'object',
    required: ['else'],
    additionalProperties: false,
    properties: { else: ref('steps') },
  }
  return {
    type: 'object',
    required: ['conditions'],
    additionalProperties: false,
    properties: {
      conditions: {
        type: 'array',
        minItems: 1,
        description: 'the ways: the first whose rules hold is taken; else comes last',
        items: { if: { required: ['else'] }, then: other, else: arm },
      },
    },
  }
}

function forEachConfig(): Json {
  return {
    type: 'object',
    required: ['items', 'actions'],
    additionalProperties: false,
    properties: {
      items: {
        anyOf: [{ type: 'string' }, { type: 'array' }],
        description: 'a list, such as {{steps.find.records}}',
      },
      actions: { ...ref('steps'), description: 'run for each; the item is {{item}}, its place {{index}}' },
      max: { type: 'integer', minimum: 1, maximum: 1000 },
    },
  }
}

/** The JSON Schema of an e-mail template's file. */
export function templateSchema(): Json {
  return fileSchema('A Kantos e-mail template', emailTemplateInput, {
    subject: 'one line; may hold {{ placeholders }}',
    html: 'values in it are escaped',
    text: 'default: made from the HTML',
  })
}

/** The JSON Schema of an object's file. */
export function objectSchema(): Json {
  return fileSchema('A Kantos object', objectInput.omit({ slug: true }), {
    fields: 'in their order; a field that is missing here stays, unless apply is told to prune',
  })
}

function fileSchema(title: string, schema: z.ZodType, descriptions: Record<string, string>): Json {
  const made = shapeOf(schema)
  const properties = made.properties as Record<string, Json>
  for (const [name, description] of Object.entries(descriptions))
    properties[name] = { ...properties[name], description }
  const key = { type: 'string', description: 'what it is called in files; default: the file’s name' }
  return { $schema: DIALECT, title, ...made, properties: { key, ...properties } }
}
