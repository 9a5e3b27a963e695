import {
  type AutomationAnswer,
  createAutomationRoute,
  createFieldRoute,
  type Action,
  type Trigger,
  uuidOf,
} from '@kantos/model'
import { type Installation, persist } from './installation.ts'

const QUICK_RETRIES = { delays_seconds: [0.2, 0.5, 1, 1, 1, 1, 2, 2] }

/** What the rig's automations are: each is a probe of its own. */
export interface Probe {
  trigger: Trigger
  serial?: boolean
  actions: Action[]
  /** keys of the steps of a run that succeeded, in order; a loop's come once for each item */
  order: readonly string[]
}

/**
 * The automations of the load. `counter + 1` shows what was done twice or not at all, and text that grows shows in which order; each created task
 * names its run and step.
 *
 * @param receiverUrl where webhooks go
 */
export function probes(receiverUrl: string): Record<string, Probe> {
  const update = (key: string, fields: Record<string, string>): Action => ({
    type: 'update_record',
    key,
    config: { fields },
  })
  const task = (key: string): Action => ({
    type: 'create_record',
    key,
    config: { object_definition_id: 'tasks', data: { title: `{{run.id}} ${key}` } },
  })
  const call = (key: string): Action => ({
    type: 'webhook',
    key,
    config: { url: receiverUrl, body: `{{run.id}} ${key}`, retry: QUICK_RETRIES },
  })
  const mail = (key: string, delivery: 'at_least_once' | 'at_most_once'): Action => ({
    type: 'send_email',
    key,
    config: { to: '{{record.email}}', subject: `{{run.id}} ${key}`, body: 'Hello', delivery },
  })
  const wait = (key: string, duration: number): Action => ({ type: 'wait', key, config: { duration, unit: 'seconds' } })
  const changed: Trigger = { event: 'field.changed', object: 'leads', field: 'company' }
  return {
    changed: {
      trigger: changed,
      actions: [
        update('u1', {
          follow_up_count: '{{record.follow_up_count + 1}}',
          notes: '{{record.notes}},{{changes.company.to}}',
        }),
        call('call'),
        update('u2', { score: '{{record.score + 1}}' }),
        {
          type: 'branch',
          key: 'way',
          config: {
            conditions: [
              { if: { field: 'company', operator: 'starts_with', value: 'c' }, then: [task('then')] },
              { else: [task('else')] },
            ],
          },
        },
      ] as Action[],
      order: ['u1', 'call', 'u2', 'way', 'then'],
    },
    created: {
      trigger: { event: 'record.created', object: 'leads' },
      actions: [
        mail('mail', 'at_least_once'),
        wait('pause', 1),
        task('after'),
        {
          type: 'for_each',
          key: 'loop',
          config: {
            items: '{{[1, 2, 3]}}',
            actions: [update('add', { estimated_value: '{{record.estimated_value + 1}}' })],
          },
        },
      ] as Action[],
      order: ['mail', 'pause', 'after', 'loop', 'add', 'add', 'add'],
    },
    serial: {
      trigger: changed,
      serial: true,
      actions: [
        update('begin', { turns: '{{record.turns}}<' }),
        wait('pause', 0.2),
        update('end', { turns: '{{record.turns}}>' }),
      ],
      order: ['begin', 'pause', 'end'],
    },
    tick: {
      trigger: { event: 'schedule', cron: '* * * * *', timezone: 'UTC' } as Trigger,
      actions: [task('ticked'), call('call'), wait('pause', 0.5)],
      order: ['ticked', 'call', 'pause'],
    },
    hook: {
      trigger: { event: 'webhook.received' } as Trigger,
      actions: [task('called'), call('call'), task('answered')],
      order: ['called', 'call', 'answered'],
    },
    once: {
      trigger: { event: 'record.created', object: 'contacts' },
      actions: [task('before'), mail('mail', 'at_most_once'), task('after')],
      order: ['before', 'mail', 'after'],
    },
  }
}

export interface Active {
  /** by the names of `probes`: UUIDs */
  ids: Record<string, string>
  /** of the inbound webhook */
  hookUrl: string
}

/** Makes the automations, active, through the API. */
export async function activate({
  client,
  receiverUrl,
  apiUrl,
}: Pick<Installation, 'client' | 'receiverUrl' | 'apiUrl'>): Promise<Active> {
  await persist(() =>
    client.call(
      createFieldRoute,
      { params: { id: 'obj_leads' }, body: { name: 'Turns', slug: 'turns', type: 'long_text' } as never },
      { idempotencyKey: 'field-turns' },
    ),
  )
  const ids: Record<string, string> = {}
  let hookUrl = ''
  for (const [name, { trigger, actions, serial }] of Object.entries(probes(receiverUrl))) {
    const body = { name, status: 'active', trigger, actions, ...(serial ? { serial } : {}) }
    const answer: AutomationAnswer = await persist(() =>
      client.call(createAutomationRoute, { body: body as never }, { idempotencyKey: `automation-${name}` }),
    )
    ids[name] = uuidOf('automation', answer.id)!
    if (name === 'hook') hookUrl = apiUrl + new URL(answer.webhook!.url).pathname
  }
  return { ids, hookUrl }
}
