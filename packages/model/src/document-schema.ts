import { z } from 'zod'
import { ACTION_TYPES } from './actions/index.ts'

/** What a person writes of an automation. */
export const DOCUMENT_KEYS = [
  'name',
  'description',
  'status',
  'mode',
  'version',
  'trigger',
  'conditions',
  'actions',
  'serial',
  'exit',
  'enrolment',
  'on_import',
] as const

/** What answers add; it may come back in a PUT and is not looked at. */
export const READ_ONLY_KEYS = [
  'id',
  'flags',
  'webhook',
  'warnings',
  'activated_at',
  'created_at',
  'updated_at',
  'created_by',
  'next_tick_at',
  'backfill',
  'silent',
  'overdue',
  'last_run',
  'stats',
  'waiting_runs',
  'waiting_runs_result',
] as const

export const ACTION_KEYS = ['key', 'name', 'type', 'config', 'on_error'] as const

export const NAME_LIMIT = 255
export const DESCRIPTION_LIMIT = 10_000
export const KEY_LIMIT = 63

/** The words of a document for OpenAPI and editors. The checks themselves are `validateAutomation`'s, whose problems say more. */
const description = {
  title: 'AutomationDocument',
  type: 'object',
  required: ['name', 'trigger', 'actions'],
  properties: {
    name: { type: 'string', maxLength: NAME_LIMIT },
    description: { type: 'string', maxLength: DESCRIPTION_LIMIT },
    status: { enum: ['inactive', 'active'] },
    mode: { enum: ['live', 'test'] },
    version: { type: 'integer', description: 'of a PUT: the version it is based on; an older one is a 409' },
    trigger: { type: 'object', required: ['event'], properties: { event: { type: 'string' } } },
    conditions: {
      type: 'object',
      required: ['match', 'rules'],
      properties: { match: { enum: ['all', 'any'] }, rules: { type: 'array', items: { type: 'object' } } },
    },
    actions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type'],
        properties: {
          key: { type: 'string' },
          name: { type: 'string' },
          type: { enum: [...ACTION_TYPES] },
          config: { type: 'object' },
          on_error: {
            description: 'when the action fails: end the run, go on, or run these actions and then go on',
            anyOf: [
              { enum: ['stop', 'continue'] },
              {
                type: 'object',
                required: ['actions'],
                properties: { actions: { type: 'array', minItems: 1, items: { type: 'object' } } },
              },
            ],
          },
        },
      },
    },
    serial: { type: 'boolean', description: 'one run of a record at a time, in order' },
    exit: {
      type: 'object',
      description:
        'conditions that end a waiting run: judged on its record as each wait begins and ends, and whenever it changes',
      required: ['match', 'rules'],
      properties: { match: { enum: ['all', 'any'] }, rules: { type: 'array', minItems: 1, items: { type: 'object' } } },
    },
    enrolment: {
      description: 'how often it takes one record; default: every_time',
      anyOf: [
        { enum: ['every_time', 'once_per_record', 'not_while_running'] },
        {
          type: 'object',
          required: ['once_per'],
          properties: {
            once_per: {
              type: 'object',
              required: ['days'],
              properties: { days: { type: 'integer', minimum: 1, maximum: 3650 } },
            },
          },
        },
      ],
    },
    on_import: {
      enum: ['run', 'skip'],
      description: 'whether records that a CSV import brings start it; default: run',
    },
  },
}

/**
 * An automation as it is sent: any JSON, so that each problem is found by `validateAutomation` and answered as 422 with its path.
 * Source: SPEC-DETAILS.md, section 2
 */
export const automationInput = z.unknown().meta(description)
