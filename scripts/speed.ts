import { chromium } from 'playwright-core'
import { startProduct } from '../e2e/support/product.ts'
import { OWNER } from './speed/browser.ts'
import { timeFlow } from './speed/flow.ts'
import { timeList } from './speed/list.ts'
import { fill, timePages } from './speed/pages.ts'
import { apiOf, KEY } from './speed/product.ts'
import { findChromium } from './test/chromium.ts'

// npm run speed -w packages/dashboard [-- --automations 10000] [-- --steps 200]: how soon each page of the built product can be used, in a
// browser that has nothing of it yet, and in one that has. With --automations also how smoothly a list of so many scrolls; with --steps how
// the builder works on a flow of so many. On a fresh installation of its own.

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--no-first-run']

/** The number that follows an option; 0 without it. */
function given(option: string): number {
  const at = process.argv.indexOf(option)
  return at < 0 ? 0 : Number(process.argv[at + 1])
}

const path = findChromium()
if (path === null) throw new Error('No Chromium was found; CHROMIUM_PATH may name one.')
const automations = given('--automations')
const steps = given('--steps')
const settings = { KANTOS_OWNER_EMAIL: OWNER.email, KANTOS_OWNER_PASSWORD: OWNER.password, KANTOS_API_KEY: KEY }
const product = await startProduct({ ...settings, RATE_LIMIT_PER_MINUTE: '1000000' })
const browser = await chromium.launch({ executablePath: path, args: FLAGS })
try {
  const api = apiOf(product.url)
  await timePages(browser, product.url, await fill(api))
  if (steps > 0) await timeFlow(browser, product.url, api, steps)
  if (automations > 0) await timeList(browser, product.url, api, automations)
} finally {
  await browser.close()
  await product.stop()
}
