import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

/** kB of JS and CSS, gzipped, that a page may load before it is shown; the fonts come on top. */
const MOST_KB = 250
/** Pages that hold an editor, with its colours and checks. */
const EDITORS: ReadonlySet<string> = new Set(['builder-page', 'template-page'])

interface File {
  name: string
  kb: number
  imports: string[]
}

interface Page {
  name: string
  kb: number
  parts: File[]
}

const kb = (content: string | Uint8Array) => gzipSync(content).length / 1000

/** Builds the dashboard in memory. @returns what each page loads before it is shown, biggest first */
async function pageSizes(): Promise<Page[]> {
  const root = fileURLToPath(new URL('.', import.meta.url))
  const built = await build({ root, logLevel: 'error', build: { write: false } })
  const { output } = (Array.isArray(built) ? built[0] : built) as Extract<typeof built, { output: unknown }>
  const files = new Map<string, File>()
  const starts: { page: string | null; fileName: string }[] = []
  for (const file of output) {
    if (file.type === 'asset') {
      if (file.fileName.endsWith('.css'))
        files.set(file.fileName, { name: file.fileName, kb: kb(file.source), imports: [] })
      continue
    }
    const css = [...(file.viteMetadata?.importedCss ?? [])]
    files.set(file.fileName, { name: file.fileName, kb: kb(file.code), imports: [...file.imports, ...css] })
    const page = /\/features\/(?:.*\/)?([\w-]+-page)\.tsx$/.exec(file.facadeModuleId ?? '')?.[1]
    if (file.isEntry) starts.push({ page: null, fileName: file.fileName })
    else if (page !== undefined) starts.push({ page, fileName: file.fileName })
  }
  const entry = starts.find(({ page }) => page === null)!.fileName
  const pages = starts.flatMap(({ page, fileName }) => {
    if (page === null) return []
    const parts = [...loaded(files, [entry, fileName])].sort((a, b) => b.kb - a.kb)
    return [{ name: page, kb: parts.reduce((sum, part) => sum + part.kb, 0), parts }]
  })
  return pages.sort((a, b) => b.kb - a.kb)
}

function loaded(files: ReadonlyMap<string, File>, from: readonly string[]): Set<File> {
  const seen = new Set<File>()
  const open = [...from]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const file = files.get(name)
    if (file === undefined || seen.has(file)) continue
    seen.add(file)
    open.push(...file.imports)
  }
  return seen
}

/** `npm run size -w packages/dashboard [-- PAGE]`: exits 1 when a page is too big; with a page's name, its files. */
const wanted = process.argv[2]
const pages = await pageSizes()
for (const { name, kb: size, parts } of pages) {
  const limited = !EDITORS.has(name)
  if (limited && size > MOST_KB) process.exitCode = 1
  const verdict = limited ? (size > MOST_KB ? `more than ${MOST_KB} kB` : `at most ${MOST_KB} kB: ok`) : ''
  process.stdout.write(`${size.toFixed(1).padStart(7)} kB  ${`${name.padEnd(18)} ${verdict}`.trimEnd()}\n`)
  if (name === wanted)
    for (const part of parts) process.stdout.write(`${part.kb.toFixed(1).padStart(14)} kB  ${part.name}\n`)
}
