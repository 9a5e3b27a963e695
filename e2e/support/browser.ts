import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { findChromium } from '../../scripts/test/chromium.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
/** A browser notes each refused request of a page on its console; what the page makes of it is what the tests look at. */
const REFUSED_CALL = /^Failed to load resource: the server responded with a status of 4\d\d/

/** how long something may take to appear before the test says what it missed */
const PATIENCE_MS = 20_000

export interface People {
  /** A person with a browser of their own: no cookies, nothing stored. */
  arrive(options?: { width?: number; height?: number; dark?: boolean }): Promise<BrowserContext>
  /** A tab of that browser. What it complains of fails the test. */
  open(context: BrowserContext, url: string): Promise<Page>
}

/** One Chromium for a file. After each test: no error on a console, no page that crashed, nothing that the CSP forbade. */
export function usePeople(): People {
  let browser: Browser
  const contexts: BrowserContext[] = []
  let complaints: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium()!, args: FLAGS })
  })
  afterAll(() => browser.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await keepPictures(contexts, task.name)
    for (const context of contexts.splice(0)) await context.close()
    const found = complaints
    complaints = []
    expect(found).toEqual([])
  })

  return {
    async arrive({ width = 1440, height = 900, dark = false } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? 'dark' : 'light',
        reducedMotion: 'reduce',
        timezoneId: 'Europe/Berlin',
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      context.setDefaultTimeout(PATIENCE_MS)
      contexts.push(context)
      return context
    },
    async open(context, url) {
      const page = await context.newPage()
      page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.stack ?? error.message}`))
      page.on('console', (message) => {
        const refused = REFUSED_CALL.test(message.text()) && message.location().url.includes('/api/')
        if (message.type() === 'error' && !refused) complaints.push(`${page.url()}: ${message.text()}`)
      })
      await page.goto(url)
      return page
    },
  }
}

/** What was on the screen when a test failed, in the temporary folder. */
async function keepPictures(contexts: readonly BrowserContext[], title: string): Promise<void> {
  const name = title.replaceAll(/\W+/g, '-').slice(0, 60)
  for (const [index, page] of contexts.flatMap((context) => context.pages()).entries()) {
    const path = join(tmpdir(), 'kantos-e2e', `${name}-${index}.png`)
    await page.screenshot({ path }).catch(() => {})
    console.log(`${page.url()} is shown in ${path}`)
  }
}
