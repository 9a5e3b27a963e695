import type { Browser } from 'playwright-core'
import { login, type Look, open, type Opened } from './browser.ts'
import { middle } from './figures.ts'
import { type Api, automation } from './product.ts'

const MOST_MS = 1500

/** A little of everything that the pages show. @returns the pages, with what stands on each */
export async function fill(api: Api): Promise<Look[]> {
  const { id } = await api('POST', '/automations', automation('Note a new lead', 'active'))
  let lead = ''
  for (let index = 1; index <= 200; index++) {
    const field_values = { name: `Lead ${index}`, email: `lead${index}@example.com` }
    lead = (await api('POST', '/crm/record', { object_id: 'leads', field_values })).id
  }
  let run: string | undefined
  while (run === undefined) {
    const { data } = await api<{ data: { id: string }[] }>('GET', `/runs?record_id=${lead}&status=succeeded`)
    run = data[0]?.id
  }
  return [
    { path: '/automations', sign: 'text=Note a new lead' },
    { path: '/runs', sign: 'role=link[name="Note a new lead"]' },
    { path: `/runs/${run}`, sign: 'role=heading[name="Steps"]' },
    { path: '/objects/leads', sign: 'text=Lead 200' },
    { path: `/records/${lead}`, sign: 'role=heading[name="History"]' },
    { path: '/templates', sign: 'role=heading[level=1]' },
    { path: '/outbox', sign: 'role=heading[level=1]' },
    { path: '/settings/objects', sign: 'role=heading[name="Objects and fields"]' },
    { path: `/automations/${id}`, sign: '[data-node="trigger"]' },
  ]
}

/** How soon each page can be used: in a browser that has nothing of it, and in one that has. */
export async function timePages(browser: Browser, url: string, looks: readonly Look[]): Promise<void> {
  process.stdout.write(`${'page'.padEnd(20)} first visit, of which work      again, of which work\n`)
  for (const look of looks) {
    const [first, again]: [Opened[], Opened[]] = [[], []]
    for (let round = 0; round < 3; round++) {
      const context = await login(browser, url)
      first.push(await open(await context.newPage(), url, look))
      again.push(await open(await context.newPage(), url, look))
      await context.close()
    }
    const figures = [first, again].flatMap((all) => [
      middle(all.map(({ after }) => after)),
      middle(all.map(({ work }) => work)),
    ])
    const isLate = figures[0]! > MOST_MS
    if (isLate) process.exitCode = 1
    const name = look.path.replace(/_[0-9a-f]{32}/, '_…').padEnd(20)
    const words = figures.map((ms) => `${ms.toFixed(0)} ms`.padStart(12)).join(' ')
    process.stdout.write(`${name} ${words}${isLate ? `  later than ${MOST_MS} ms` : ''}\n`)
  }
}
