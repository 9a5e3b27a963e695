import {
  type AutomationAnswer,
  createAutomationRoute,
  createFieldRoute,
  type Action,
  type Trigger,
  uuidOf,
} from '@kantos/model'
import { caseProbes, makeCases } from './cases.ts'
import { type Installation, persist } from './installation.ts'
import { make, type Probe } from './probe.ts'

/**
 * The automations of the load. `counter + 1` shows what was done twice or not at all, and text that grows shows in which order; each created task
 * names its run and step.
 *
 * @param receiverUrl where webhooks go
 * @param version `old`: only what the version before knows
 */
export function probes(receiverUrl: string, version: 'old' | 'new' = 'new'): Record<string, Probe> {
  const { update, task, wait } = make
  const call = (key: string) => make.call(key, receiverUrl)
  const mail = (key: string, delivery: 'at_least_once' | 'at_most_once'): Action => ({
    type: 'send_email',
    key,
    config: { to: '{{record.email}}', subject: `{{run.id}} ${key}`, body: 'Hello', delivery },
  })
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
    ...(version === 'new' ? caseProbes(receiverUrl) : {}),
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
  version = 'new',
}: Pick<Installation, 'client' | 'receiverUrl' | 'apiUrl'> & { version?: 'old' | 'new' }): Promise<Active> {
  await persist(() =>
    client.call(
      createFieldRoute,
      { params: { id: 'obj_leads' }, body: { name: 'Turns', slug: 'turns', type: 'long_text' } as never },
      { idempotencyKey: 'field-turns' },
    ),
  )
  if (version === 'new') await makeCases(client)
  const ids: Record<string, string> = {}
  let hookUrl = ''
  for (const [name, { trigger, actions, serial, also }] of Object.entries(probes(receiverUrl, version))) {
    const body = { name, status: 'active', trigger, actions, ...(serial ? { serial } : {}), ...also }
    const answer: AutomationAnswer = await persist(() =>
      client.call(createAutomationRoute, { body: body as never }, { idempotencyKey: `automation-${name}` }),
    )
    ids[name] = uuidOf('automation', answer.id)!
    if (name === 'hook') hookUrl = apiUrl + new URL(answer.webhook!.url).pathname
  }
  return { ids, hookUrl }
}
