import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { until } from '../packages/server/test/helpers.ts'
import { usePeople } from './support/browser.ts'
import { api, createLead, owner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  help: string
  nodes: { html: string; failureSummary?: string }[]
}

interface Findings {
  violations: Violation[]
  passes: unknown[]
}

/**
 * What axe finds on a page as it is now, in words. Evaluated by the debugger, since the CSP lets no foreign script in.
 *
 * @param rules all of them, or those about colours alone
 */
async function violations(page: Page, rules: 'all' | 'colours'): Promise<string[]> {
  // a caret blinks for ever
  await page.evaluate(() => {
    const ending = document.getAnimations().filter((each) => each.effect?.getComputedTiming().endTime !== Infinity)
    return Promise.allSettled(ending.map((each) => each.finished))
  })
  await page.evaluate(`if (window.axe === undefined) { ${AXE} }; null`)
  const found = await page.evaluate(
    async (options) => {
      const { axe } = window as unknown as { axe: { run(options: object): Promise<Findings> } }
      const { violations, passes } = await axe.run(options)
      return { violations, passed: passes.length }
    },
    rules === 'all' ? {} : { runOnly: ['color-contrast', 'link-in-text-block'] },
  )
  expect(found.passed).toBeGreaterThan(rules === 'all' ? 10 : 0)
  return found.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map((node) => `${node.html}\n${node.failureSummary}`).join('\n')}`,
  )
}

/** The same page in light and dark, which differ in their colours alone. */
async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await seen(page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`))
    const found = await violations(page, colorScheme === 'light' ? 'all' : 'colours')
    expect(found, `${new URL(page.url()).pathname} in ${colorScheme}`).toEqual([])
  }
}

const made = { automation: '', lead: '', template: '', succeeded: '', failed: '' }

beforeAll(async () => {
  const template = await api<{ id: string }>('POST', '/email-templates', {
    name: 'Accessible',
    subject: 'Hello {{record.name}}',
    html: '<p>Hello {{record.name}}</p>',
  })
  const automation = await api<{ id: string }>('POST', '/automations', {
    name: 'Every kind of step',
    description: 'It has one of everything.',
    status: 'active',
    trigger: { event: 'record.created', object: 'obj_def_leads' },
    conditions: {
      match: 'all',
      rules: [
        { field: 'email', operator: 'contains', value: '@accessible.example' },
        { match: 'any', rules: [{ field: 'status', operator: 'in', value: ['new', 'contacted'] }] },
      ],
    },
    actions: [
      { type: 'send_email', config: { template_id: template.id, to: '{{record.email}}' } },
      { type: 'find_records', key: 'others', config: { object: 'leads', filters: { status: 'new' }, limit: 5 } },
      {
        type: 'for_each',
        config: {
          items: 'steps.others.records',
          actions: [
            { type: 'update_record', config: { record_id: '{{item.id}}', fields: { notes: 'seen {{index}}' } } },
          ],
        },
      },
      {
        type: 'branch',
        config: {
          conditions: [
            {
              if: { field: 'name', operator: 'starts_with', value: 'Good' },
              then: [
                {
                  type: 'create_record',
                  config: { object_definition_id: 'tasks', data: { title: 'Call {{record.name}}' } },
                },
              ],
            },
            { else: [{ type: 'webhook', config: { url: 'http://127.0.0.1:9/', retry: { delays_seconds: [] } } }] },
          ],
        },
      },
      { type: 'wait', config: { duration: 0.001, unit: 'seconds' } },
      { type: 'stop', config: { reason: 'done' } },
    ],
  })
  made.template = template.id
  made.automation = automation.id
  made.lead = await createLead({ name: 'Good Lead', email: 'good@accessible.example' })
  await createLead({ name: 'Bad Lead', email: 'bad@accessible.example' })
  const runOf = (status: string) =>
    until(async () => {
      const path = `/runs?automation_id=${automation.id}&status=${status}`
      return (await api<{ data: { id: string }[] }>('GET', path)).data[0]?.id
    })
  made.succeeded = await runOf('succeeded')
  made.failed = await runOf('failed')
})

type Look = [path: () => string, sign: (page: Page) => Locator]
const heading = (name: string | RegExp) => (page: Page) => page.getByRole('heading', { name })
const PAGES: Record<string, Look> = {
  'the overview': [() => '/overview', heading('Recent alerts')],
  'the list of automations': [() => '/automations', (page) => page.getByRole('link', { name: 'Every kind of step' })],
  'the recipes': [() => '/automations/recipes', heading('Recipes')],
  'a new automation': [() => '/automations/new', (page) => page.getByRole('combobox', { name: 'What starts it' })],
  'the builder': [() => `/automations/${made.automation}`, (page) => page.getByText('Only if', { exact: false })],
  'the runs': [() => '/runs', (page) => page.getByRole('link', { name: 'Every kind of step' })],
  'what waits': [() => '/runs/waiting', heading('Runs')],
  'the failures': [() => '/runs/failures', (page) => page.getByRole('list', { name: 'Failures by cause' })],
  'a run on existing records': [
    () => `/automations/${made.automation}/existing`,
    (page) => page.getByText('match', { exact: false }),
  ],
  'a run that succeeded': [() => `/runs/${made.succeeded}`, heading(/^Pass 1 of \d+$/)],
  'a run that failed': [() => `/runs/${made.failed}`, heading('Steps')],
  'the leads': [() => '/objects/leads', (page) => page.getByText('Good Lead')],
  'an object without records': [() => '/objects/companies', heading('No companies yet')],
  'a record': [() => `/records/${made.lead}`, heading('History')],
  'the import': [() => '/objects/leads/import', (page) => page.getByText('Drop a CSV file here', { exact: false })],
  'the e-mail templates': [() => '/templates', (page) => page.getByRole('link', { name: 'Accessible' })],
  'a template': [() => `/templates/${made.template}`, (page) => page.getByRole('textbox', { name: 'Subject' })],
  'the outbox': [() => '/outbox', (page) => page.getByText('Hello Good Lead')],
  'a page that is not there': [() => '/nowhere', heading('This page doesn’t exist')],
}
const SECTIONS = [
  'objects',
  'api-keys',
  'secrets',
  'signing-secret',
  'users',
  'password',
  'workspace',
  'alerts',
  'business-hours',
  'storage',
  'audit-log',
]

describe('in light and dark, axe finds nothing to complain of on', () => {
  // one browser for all: what it has loaded once it doesn't load again
  test('every page', async () => {
    const page = await people.open(await owner(people), inject('installation').url)
    for (const [path, sign] of Object.values(PAGES)) {
      await page.goto(inject('installation').url + path())
      await seen(sign(page))
      await expectAccessible(page)
    }
  })

  test('every section of the settings', async () => {
    const page = await people.open(await owner(people), `${inject('installation').url}/settings`)
    for (const section of SECTIONS) {
      await page.goto(`${inject('installation').url}/settings/${section}`)
      await seen(page.getByRole('heading', { level: 2 }))
      await expectAccessible(page)
    }
  })

  test('the login', async () => {
    const page = await people.open(await people.arrive(), `${inject('installation').url}/login`)
    await seen(page.getByRole('heading', { name: 'Log in' }))
    await expectAccessible(page)
  })

  test('a link that was used', async () => {
    const page = await people.open(await people.arrive(), `${inject('installation').url}/setup?token=${'x'.repeat(30)}`)
    await seen(page.getByRole('heading', { name: 'This link doesn’t work any more' }))
    await expectAccessible(page)
  })

  test('each part of the builder, its menu and its dry run', async () => {
    const page = await people.open(await owner(people), `${inject('installation').url}/automations/${made.automation}`)
    const panel = page.getByRole('complementary', { name: 'Selected part' })
    await seen(page.locator('[data-node="trigger"]'))
    const parts = await page.locator('[data-node]').evaluateAll((all) => all.map((each) => each.dataset['node']!))
    expect(parts.length).toBeGreaterThan(9)
    for (const part of parts) {
      await page.locator(`[data-node="${part}"]`).focus()
      await page.keyboard.press('Enter')
      await seen(panel)
      expect(await violations(page, 'all'), part).toEqual([])
    }
    await page.getByRole('button', { name: 'Try it' }).click()
    await panel.getByRole('button', { name: 'Try it' }).click()
    await seen(panel.getByText('What would happen'))
    await seen(panel.getByRole('heading', { name: /^Pass 1 of \d+$/ }))
    // what is long scrolls within its part; the page stays as it is
    expect(await page.evaluate('document.documentElement.scrollHeight - window.innerHeight')).toBe(0)
    await expectAccessible(page)
    await page.locator('[data-node="trigger"]').focus()
    await page.keyboard.press('+')
    await seen(page.getByRole('dialog', { name: 'Add a step' }))
    await expectAccessible(page)
  })

  test('each kind of trigger, the problems, the versions and the settings of an automation', async () => {
    const page = await people.open(await owner(people), `${inject('installation').url}/automations/new`)
    const panel = page.getByRole('complementary', { name: 'Selected part' })
    for (const trigger of ['Field Changed', 'Schedule', 'Date Reached', 'Webhook Received', 'Manual']) {
      await panel.getByRole('combobox', { name: 'What starts it' }).click()
      await page.getByRole('option', { name: trigger }).click()
      await seen(page.getByRole('button', { name: /^Trigger/ }))
      await expectAccessible(page)
    }
    await page.locator('[data-node="conditions"]').click()
    await panel.getByRole('button', { name: 'Add group' }).click()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await seen(panel.getByRole('heading', { name: 'Problems' }))
    await expectAccessible(page)
    await panel.getByRole('button', { name: /Choose a field/ }).click()
    await page.keyboard.press('Escape')
    await expectAccessible(page)

    await page.goto(`${inject('installation').url}/automations/${made.automation}`)
    await page.locator('[data-node^="step:"]').first().click()
    await panel.getByRole('button', { name: /^Step actions/ }).click()
    await seen(page.getByRole('menuitem', { name: 'Move up' }))
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await seen(page.getByRole('menuitem', { name: 'Versions' }))
    await expectAccessible(page)
    await page.getByRole('menuitem', { name: 'Versions' }).click()
    await seen(panel.getByText('Current'))
    await expectAccessible(page)
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Settings' }).click()
    await seen(panel.getByRole('textbox', { name: 'Description' }))
    await expectAccessible(page)
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click()
    await seen(page.getByRole('dialog', { name: 'Keyboard shortcuts' }))
    await expectAccessible(page)
  })

  test('waits, an error path, looking back, and two versions beside each other', async () => {
    const { id, version } = await api<{ id: string; version: number }>('POST', '/automations', {
      name: 'Accessible in time',
      trigger: { event: 'date.reached', object: 'deals', field: 'close_date', offset: { amount: -3, unit: 'days' } },
      conditions: { match: 'all', rules: [{ field: 'name', operator: 'is_not_empty' }] },
      enrolment: { once_per: { days: 30 } },
      exit: { match: 'any', rules: [{ field: 'stage', operator: 'equals', value: 'Won' }] },
      actions: [
        {
          key: 'event',
          type: 'wait',
          config: {
            event: 'field.changed',
            field: 'stage',
            timeout: { duration: 2, unit: 'days' },
            business_hours: true,
          },
          on_error: { actions: [{ key: 'end', type: 'stop', config: {} }] },
        },
        { key: 'date', type: 'wait', config: { until: "{{date_add(record.close_date, -1, 'days')}}" } },
      ],
    })
    const { trigger, conditions, actions } = await api<Record<string, unknown>>('GET', `/automations/${id}`)
    await api('PUT', `/automations/${id}`, { name: 'Accessible in time', version, trigger, conditions, actions })
    const page = await people.open(await owner(people), `${inject('installation').url}/automations/${id}`)
    const panel = page.getByRole('complementary', { name: 'Selected part' })
    for (const part of ['trigger', 'step:event', 'arm:event:-1', 'step:date']) {
      await page.locator(`[data-node="${part}"]`).focus()
      await page.keyboard.press('Enter')
      await seen(page.locator(`[data-node="${part}"][aria-current="true"]`))
      await expectAccessible(page)
    }
    await page.getByRole('button', { name: 'Look back' }).first().click()
    await panel.getByRole('button', { name: 'Look back' }).click()
    await seen(panel.getByText(/could have started it|would have started it/))
    await expectAccessible(page)
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Versions' }).click()
    await panel.getByRole('button', { name: 'Compare: Version 1' }).click()
    await page.getByText('As JSON').click()
    await seen(page.locator('del', { hasText: '"enrolment": {' }))
    await expectAccessible(page)
  })

  test('the search, and the form of a new record', async () => {
    const page = await people.open(await owner(people), `${inject('installation').url}/objects/leads`)
    await page.getByRole('button', { name: 'New lead' }).first().click()
    await seen(page.getByRole('dialog', { name: 'New lead' }))
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'New lead' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Control+k')
    await seen(page.getByPlaceholder('Search pages, automations and records'))
    await expectAccessible(page)
  })

  test('the group of a cause, its dialog, the correction of a retry, and the line of a hold', async () => {
    const { url } = inject('installation')
    const page = await people.open(await owner(people), `${url}/runs/failures`)
    const group = page.getByRole('listitem').filter({ hasText: 'Every kind of step' }).first()
    await group.getByRole('button', { expanded: false }).click()
    await seen(group.getByRole('link', { name: 'Bad Lead' }))
    await expectAccessible(page)
    await group.getByRole('button', { name: /^Retry/ }).click()
    await seen(page.getByRole('dialog', { name: /^Retry/ }))
    await expectAccessible(page)
    await page.goto(`${url}/runs/${made.failed}`)
    await page.getByRole('button', { name: 'Retry with changes…' }).click()
    await seen(page.getByRole('textbox', { name: 'Url' }))
    await expectAccessible(page)
    await api('POST', '/hold', { note: 'We look at it.' })
    try {
      await page.goto(`${url}/settings/workspace`)
      await seen(page.getByText('Everything is on hold.').first())
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Release…' }).click()
      await seen(page.getByRole('dialog', { name: 'Let everything go on?' }))
      await expectAccessible(page)
    } finally {
      await api('DELETE', '/hold?runs=continue')
    }
  })

  test('a phone', async () => {
    const page = await people.open(
      await owner(people, { width: 390, height: 800 }),
      `${inject('installation').url}/automations/${made.automation}`,
    )
    await seen(page.locator('[data-node="trigger"]'))
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Open the navigation' }).click()
    await page.getByRole('link', { name: 'Leads' }).click()
    await seen(page.getByText('Good Lead'))
    await expectAccessible(page)
  })

  test('a small laptop, where all sections of the settings are in sight', async () => {
    const width = 1024
    const context = await owner(people, { width, height: 768 })
    const page = await people.open(context, `${inject('installation').url}/settings/password`)
    const navigation = page.getByRole('navigation', { name: 'Sections of the settings' })
    const sections = navigation.getByRole('link')
    await seen(sections)
    const left = (await navigation.boundingBox())!.x
    for (const section of await sections.all()) {
      const box = (await section.boundingBox())!
      expect(box.x, (await section.textContent())!).toBeGreaterThanOrEqual(left)
      expect(box.x + box.width, (await section.textContent())!).toBeLessThanOrEqual(width)
    }
    await expectAccessible(page)
  })
})
