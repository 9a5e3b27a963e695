import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { type Call, type Demo, fill } from './screenshots-data.ts'
import { findChromium } from './test/chromium.ts'

// node scripts/node24.mjs scripts/screenshots.ts: the pictures of README.md and docs/, from a fresh installation that is filled over
// its API.

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'docs/screenshots')
const MOST_BYTES = 200_000
const STARTS_WITHIN_MS = 240_000
const OWNER = { name: 'Olga Owner', email: 'olga@example.com', password: 'correct horse battery' }

interface Picture {
  name: string
  path: string
  /** seen when the page is ready */
  ready: string
  /** clicked before the picture is taken: the name of a button */
  click?: RegExp
}

function pictures({ automation, failedRun, deal }: Demo): Picture[] {
  return [
    { name: 'automations', path: '/automations', ready: 'Route a new lead' },
    { name: 'builder', path: `/automations/${automation}`, ready: 'Tell the sales chat', click: /How large is it\?/ },
    { name: 'run', path: `/runs/${failedRun}`, ready: 'Tell the sales chat', click: /Tell the sales chat/ },
    { name: 'record', path: `/records/${deal}`, ready: 'Won' },
  ]
}

/** The program itself, on an empty folder. @returns its URL and the owner's one-time link */
async function startProduct(folder: string) {
  const settings = { PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'error', EGRESS_ALLOW: '127.0.0.1' }
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'packages/server/src/cli/main.ts'), 'serve']
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '', ...settings } })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes))
  child.stderr.on('data', (bytes: Buffer) => (said += bytes))
  const begun = Date.now()
  for (;;) {
    const url = /Kantos is running at (\S+)/.exec(said)?.[1]
    const link = /Create the owner here, once: (\S+)/.exec(said)?.[1]
    if (url !== undefined && link !== undefined) return { url, link, child }
    if (child.exitCode !== null || Date.now() - begun > STARTS_WITHIN_MS) throw new Error(`It didn’t start: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A web server that takes what is sent to `/chat` and refuses the rest. */
async function startChat() {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(request.url === '/chat' ? 200 : 410, { 'content-type': 'application/json' })
    response.end(request.url === '/chat' ? '{"ok":true}' : '{"error":"this channel was archived"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { good: `${base}/chat`, bad: `${base}/archived`, server }
}

function caller({ request }: BrowserContext, url: string): Call {
  return async (method, path, body) => {
    const headers = { origin: url, 'sec-fetch-site': 'same-origin' }
    const answer = await request.fetch(`${url}/api${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { data: body }),
    })
    const text = await answer.text()
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
}

async function take(context: BrowserContext, url: string, scheme: 'light' | 'dark', shots: Picture[]): Promise<void> {
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
  for (const { name, path, ready, click } of shots) {
    await page.goto(url + path)
    await page.getByText(ready).first().waitFor()
    await page.evaluate('document.fonts.ready')
    if (click !== undefined) await page.getByRole('button', { name: click }).first().click()
    await page.mouse.move(0, 0)
    // what is under way on the page itself, such as the flow finding its place, has no sign of its own
    await page.waitForTimeout(1200)
    const file = join(OUT, `${name}-${scheme}.png`)
    await page.screenshot({ path: file })
    const { size } = await stat(file)
    process.stdout.write(`${file} ${Math.ceil(size / 1000)} kB\n`)
    if (size > MOST_BYTES) process.exitCode = 1
  }
  await page.close()
}

const chromiumPath = findChromium()
if (chromiumPath === null) throw new Error('No Chromium was found; CHROMIUM_PATH may name one.')
await mkdir(OUT, { recursive: true })
const folder = await mkdtemp(join(tmpdir(), 'kantos-screenshots-'))
// as root, PostgreSQL runs under another account, which must get in
await chmod(folder, 0o711)
const chat = await startChat()
const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})
const { url, link, child } = await startProduct(folder)
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'Europe/Berlin' })
  const call = caller(context, url)
  const owner = await call<{ id: string; email: string }>('POST', '/session/setup', {
    token: new URL(link).searchParams.get('token'),
    ...OWNER,
  })
  const shots = pictures(await fill(call, owner, chat))
  for (const scheme of ['light', 'dark'] as const) await take(context, url, scheme, shots)
} finally {
  await browser.close()
  chat.server.close()
  child.kill('SIGTERM')
  await once(child, 'exit')
  await rm(folder, { recursive: true, force: true })
}
