import { RECIPES, recipeFor } from '@kantos/model'

/** Calls the API as the owner. @throws with the answer's text when it isn't 2xx */
export type Call = <T = { id: string }>(method: string, path: string, body?: unknown) => Promise<T>

/** What the screenshots show. */
export interface Demo {
  /** the automation that the builder shows */
  automation: string
  /** a run of it that failed */
  failedRun: string
  /** a deal that moved through its stages */
  deal: string
}

interface RunRow {
  id: string
  status: string
  automation_id: string
}

/** The recipes that are in use, and whether each is turned on. */
const IN_USE: Readonly<Record<string, boolean>> = {
  'welcome-new-lead': true,
  'follow-up-after-three-days': true,
  're-engage-quiet-leads': true,
  'convert-qualified-lead': false,
  'high-value-alert': true,
  'stage-change-notice': true,
  'task-on-deal-won': true,
  'deal-won-to-chat': true,
  'stale-deals-digest': true,
  'lead-from-web-form': false,
}

const LEADS = [
  ['Ada Lovelace', 'Analytical Engines', 'website', 18_000, 82],
  ['Grace Hopper', 'Harbour Systems', 'referral', 42_000, 91],
  ['Alan Turing', 'Bletchley Works', 'event', 9500, 64],
  ['Katherine Johnson', 'Orbit & Co', 'website', 27_500, 77],
  ['Edsger Dijkstra', 'Shortest Path', 'web', 4200, 38],
  ['Barbara Liskov', 'Substitution Labs', 'referral', 61_000, 95],
  ['Donald Knuth', 'Fine Print Press', 'other', 3100, 41],
  ['Radia Perlman', 'Spanning Networks', 'event', 15_800, 70],
  ['Tim Berners-Lee', 'Linked Pages', 'website', 12_400, 58],
  ['Margaret Hamilton', 'Lunar Software', 'referral', 88_000, 97],
  ['John Backus', 'Formula Partners', 'web', 7300, 47],
  ['Frances Allen', 'Parallel Yards', 'event', 33_000, 79],
] as const

const DEALS = [
  ['Analytical Engines: yearly licence', 18_000, ['Qualified', 'Proposal']],
  ['Harbour Systems: fleet rollout', 42_000, ['Qualified', 'Proposal', 'Won']],
  ['Orbit & Co: launch package', 27_500, ['Qualified']],
  ['Lunar Software: platform', 88_000, ['Qualified', 'Proposal', 'Won']],
  ['Formula Partners: pilot', 7300, ['Qualified', 'Lost']],
] as const

const CONTACTS = ['Ada Lovelace', 'Grace Hopper', 'Katherine Johnson', 'Margaret Hamilton', 'John Backus']
const CLOSES_IN_MS = 60 * 86_400_000

/** The automation that the builder shows. @param url where its webhook goes */
function routing(url: string): object {
  return {
    name: 'Route a new lead',
    description: 'Large leads get a person at once, the others a letter and a second look.',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: {
      match: 'all',
      rules: [
        { field: 'email', operator: 'is_not_empty' },
        {
          match: 'any',
          rules: [
            { field: 'status', operator: 'equals', value: 'new' },
            { field: 'score', operator: 'greater_or_equal', value: 40 },
          ],
        },
      ],
    },
    actions: [
      {
        key: 'hello',
        name: 'Send the welcome e-mail',
        type: 'send_email',
        config: { template: 'Welcome a new lead', to: '{{record.email}}' },
      },
      {
        key: 'by_value',
        name: 'How large is it?',
        type: 'branch',
        config: {
          conditions: [
            {
              if: { field: 'estimated_value', operator: 'greater_or_equal', value: 10_000 },
              then: [
                {
                  key: 'call_task',
                  name: 'Plan a call',
                  type: 'create_record',
                  config: {
                    object_definition_id: 'tasks',
                    data: {
                      title: 'Call {{record.name}} of {{record.company}}',
                      due_date: "{{date_add(now, 1, 'days')}}",
                      related_record_id: '{{record.id}}',
                    },
                  },
                },
                {
                  key: 'tell_sales',
                  name: 'Tell the sales chat',
                  type: 'webhook',
                  config: {
                    url,
                    retry: { delays_seconds: [1] },
                    body: { text: '{{record.name}}: {{record.estimated_value}}', lead: '{{record.id}}' },
                  },
                },
              ],
            },
            {
              else: [{ key: 'pause', name: 'Wait two days', type: 'wait', config: { duration: 2, unit: 'days' } }],
            },
          ],
        },
      },
      {
        key: 'noted',
        name: 'Note the contact',
        type: 'update_record',
        config: {
          fields: { last_contacted_at: '{{now}}', follow_up_count: '{{(record.follow_up_count ?? 0) + 1}}' },
        },
      },
    ],
  }
}

/**
 * Fills a fresh installation over its API: recipes, an automation with a branch, people, deals that move.
 *
 * @param chat a URL that answers 2xx, and one that refuses
 */
export async function fill(
  call: Call,
  owner: { id: string; email: string },
  chat: { good: string; bad: string },
): Promise<Demo> {
  const templates = new Set<string>()
  for (const recipe of RECIPES.filter(({ slug }) => slug in IN_USE)) {
    for (const template of recipe.templates) {
      if (templates.has(template.name)) continue
      templates.add(template.name)
      await call('POST', '/email-templates', template)
    }
    const { id } = await call('POST', '/automations', recipeFor(recipe, owner.email))
    if (IN_USE[recipe.slug]) await call('POST', `/automations/${id}/activate`)
    if (recipe.slug === 're-engage-quiet-leads') await call('PUT', `/automations/${id}/mode`, { mode: 'test' })
  }
  const { id: automation } = await call('POST', '/automations', routing(chat.good))
  await call('POST', `/automations/${automation}/activate`)
  for (const [name, company, source, value, score] of LEADS) await addLead(call, name, company, source, value, score)
  const deals: string[] = []
  for (const [name, value, stages] of DEALS) {
    const [account] = name.split(':')
    const { id: company } = await add(call, 'companies', { name: account })
    const { id: contact } = await add(call, 'contacts', { name: CONTACTS[deals.length], company, status: 'active' })
    const close = new Date(Date.now() + CLOSES_IN_MS).toISOString().slice(0, 10)
    const { id } = await add(call, 'deals', {
      name,
      deal_value: value,
      stage: 'Lead',
      close_date: close,
      company,
      contact,
      owner: owner.id,
    })
    deals.push(id)
    for (const stage of stages) await call('PATCH', `/crm/record/${id}`, { field_values: { stage } })
  }
  await settled(call)
  await call('PUT', `/automations/${automation}`, routing(chat.bad))
  await addLead(call, 'Hedy Lamarr', 'Frequency Partners', 'referral', 54_000, 88)
  // it tries once more before it fails
  const [failed] = await runsOf(call, `status=failed&automation_id=${automation}`)
  await call('PUT', `/automations/${automation}`, routing(chat.good))
  return { automation, failedRun: failed!.id, deal: deals[1]! }
}

function addLead(call: Call, name: string, company: string, source: string, value: number, score: number) {
  const email = `${name.toLowerCase().replaceAll(/[^a-z]+/g, '.')}@example.com`
  const field_values = { name, company, source, email, score, estimated_value: value, follow_up_count: 0 }
  return add(call, 'leads', field_values)
}

function add(call: Call, object: string, values: object): Promise<{ id: string }> {
  return call('POST', '/crm/record', { object_id: object, field_values: values })
}

/** Until no run is on its way; those that wait may. */
async function settled(call: Call): Promise<void> {
  await runsOf(call, 'status=succeeded')
  await looked(
    async () => (await call<{ data: RunRow[] }>('GET', '/runs?status=queued,running&limit=1')).data.length === 0,
  )
}

/** The runs of a filter, as soon as there is one. */
async function runsOf(call: Call, filter: string): Promise<RunRow[]> {
  let found: RunRow[] = []
  await looked(async () => {
    found = (await call<{ data: RunRow[] }>('GET', `/runs?${filter}`)).data
    return found.length > 0
  })
  return found
}

async function looked(isThere: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 200; look++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (await isThere()) return
  }
  throw new Error('The runs didn’t get there.')
}
