import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { startProduct } from '../e2e/support/product.ts'
import { findChromium } from './test/chromium.ts'

// npm run speed -w packages/dashboard [-- --automations 10000]: how soon each page of the built product can be used, in a browser that has
// nothing of it yet, and in one that has; with a number, also how smoothly a list of so many automations scrolls. On a fresh
// installation of its own.

const OWNER = { email: 'olga@example.com', password: 'correct horse battery' }
const KEY = 'kantos_speed_0123456789abcdef'
const MOST_MS = 1500
const AT_ONCE = 16
/** A task of the browser this long is felt. Ones that begin later than this after the page was seen aren't its own. */
const QUIET_MS = 500
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--no-first-run']

interface Look {
  path: string
  /** seen when the page's contents are there */
  sign: string
}

type Api = <T = { id: string }>(method: string, path: string, body?: unknown) => Promise<T>

function apiOf(url: string): Api {
  return async (method, path, body) => {
    const answer = await fetch(`${url}/api${path}`, {
      method,
      headers: { 'x-api-key': KEY, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
}

const automation = (name: string, status: string) => ({
  name,
  status,
  trigger: { event: 'record.created', object: 'leads' },
  conditions: { match: 'all', rules: [{ field: 'email', operator: 'is_not_empty' }] },
  actions: [{ type: 'update_record', config: { fields: { notes: 'Seen: {{record.name}}' } } }],
})

/** A little of everything that the pages show. @returns the pages, with what stands on each */
async function fill(api: Api): Promise<Look[]> {
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

interface Opened {
  /** ms from the start of the navigation until the page is there and the browser answers */
  after: number
  /** ms that the page's own thread worked for it: what a busy machine doesn't change */
  work: number
}

/** Opens a page and waits until it can be used. */
async function open(page: Page, url: string, { path, sign }: Look): Promise<Opened> {
  const work = await workOf(page)
  await page.goto(url + path, { waitUntil: 'commit' })
  await page.locator(sign).first().waitFor()
  const after = await page.evaluate(async (quiet) => {
    const seen = performance.now()
    await new Promise((resolve) => setTimeout(resolve, quiet))
    const tasks = await new Promise<PerformanceEntry[]>((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type: 'longtask', buffered: true })
      setTimeout(() => resolve([]), 50)
    })
    const own = tasks.filter(({ startTime }) => startTime < seen + quiet / 5)
    return Math.max(seen, ...own.map(({ startTime, duration }) => startTime + duration))
  }, QUIET_MS)
  return { after, work: await work() }
}

/** Begins to count. @returns gives the ms of CPU time that the page's main thread took since */
async function workOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const total = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
  const before = await total()
  return async () => {
    const now = await total()
    // a navigation to another site begins in a process of its own, whose count is at 0
    return now < before ? now : now - before
  }
}

async function login(browser: Browser, url: string): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  await context.request.post(`${url}/api/session`, { data: OWNER, headers: { origin: url } })
  return context
}

/** The median of some; ms. */
const middle = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!

async function timePages(browser: Browser, url: string, looks: readonly Look[]): Promise<void> {
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

/** How a list of very many automations opens, scrolls to its end and is searched. */
async function timeList(browser: Browser, url: string, api: Api, count: number): Promise<void> {
  for (let made = 0; made < count; made += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - made) }, (_, index) =>
        api('POST', '/automations', automation(`Automation ${made + index}`, 'inactive')),
      ),
    )
  const page = await (await login(browser, url)).newPage()
  const { after, work } = await open(page, url, { path: '/automations', sign: 'role=row >> nth=5' })
  process.stdout.write(
    `\n${count} automations: the list can be used after ${after.toFixed(0)} ms (work: ${work.toFixed(0)} ms)\n`,
  )
  const scrolled = await workOf(page)
  const frames = await page.evaluate(async () => {
    const scroller = [...document.querySelectorAll('*')].find(
      (each) => each.scrollHeight > each.clientHeight + 100 && getComputedStyle(each).overflowY === 'auto',
    )!
    const times: number[] = []
    let before = performance.now()
    let still = 0
    while (still < 60 && times.length < 3000) {
      const top = scroller.scrollTop
      scroller.scrollTop += 120
      await new Promise(requestAnimationFrame)
      const now = performance.now()
      times.push(now - before)
      before = now
      still = scroller.scrollTop === top ? still + 1 : 0
    }
    return {
      times: times.sort((a, b) => a - b),
      rows: document.querySelectorAll('[role=row]').length,
      px: scroller.scrollTop,
    }
  })
  const at = (share: number) => frames.times[Math.floor(share * (frames.times.length - 1))]!.toFixed(1)
  process.stdout.write(
    `scrolled ${frames.px} px in ${frames.times.length} frames: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms; ` +
      `work ${((await scrolled()) / frames.times.length).toFixed(1)} ms a frame; ${frames.rows} rows in the document\n`,
  )
  const begun = performance.now()
  await page.getByRole('textbox', { name: 'Search automations' }).fill(`Automation ${count - 1}`)
  await page.getByText(`Automation ${count - 1}`, { exact: true }).waitFor()
  await page.getByText('1 in all').waitFor()
  process.stdout.write(
    `searched in ${(performance.now() - begun).toFixed(0)} ms, of which 250 ms wait for more letters\n`,
  )
}

const path = findChromium()
if (path === null) throw new Error('No Chromium was found; CHROMIUM_PATH may name one.')
const given = process.argv.indexOf('--automations')
const many = given < 0 ? 0 : Number(process.argv[given + 1])
const settings = { KANTOS_OWNER_EMAIL: OWNER.email, KANTOS_OWNER_PASSWORD: OWNER.password, KANTOS_API_KEY: KEY }
const product = await startProduct({ ...settings, RATE_LIMIT_PER_MINUTE: '1000000' })
const browser = await chromium.launch({ executablePath: path, args: FLAGS })
try {
  const api = apiOf(product.url)
  await timePages(browser, product.url, await fill(api))
  if (many > 0) await timeList(browser, product.url, api, many)
} finally {
  await browser.close()
  await product.stop()
}
