import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Context } from 'hono'
import { SECURITY_HEADERS } from './headers.ts'

export const DASHBOARD_FOLDER = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url))

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}
const COMPRESSIBLE = /^(?:text\/|application\/|image\/svg)/
const SMALLEST_COMPRESSED = 1024
const compress = promisify(gzip)

/** A file in memory. */
export interface StaticFile {
  bytes: Buffer<ArrayBuffer>
  type: string
  etag: string
  /** its name holds a hash of what is in it */
  immutable: boolean
  gzipped: Promise<Buffer<ArrayBuffer>> | null
}

/** Reads one file. @param path on disk @param immutable it never changes under its name */
export function loadFile(path: string, immutable: boolean): StaticFile {
  const bytes = readFileSync(path)
  return {
    bytes,
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    immutable,
    gzipped: null,
  }
}

/** Answers with a file; 304 when the browser has it. */
export async function serveFile(c: Context, file: StaticFile): Promise<Response> {
  const headers: Record<string, string> = {
    ...SECURITY_HEADERS,
    'Content-Type': file.type,
    'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: file.etag,
    Vary: 'Accept-Encoding',
  }
  if (c.req.header('if-none-match') === file.etag) return new Response(null, { status: 304, headers })
  const small = file.bytes.length < SMALLEST_COMPRESSED || !COMPRESSIBLE.test(file.type)
  if (small || !/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return new Response(file.bytes, { headers })
  file.gzipped ??= compress(file.bytes) as Promise<Buffer<ArrayBuffer>>
  return new Response(await file.gzipped, { headers: { ...headers, 'Content-Encoding': 'gzip' } })
}

/**
 * The dashboard's files, read into memory, so a path can name nothing else; read again once they were built anew. Any other
 * path that isn't a file's is the dashboard's own, and gets its index.html. Until the dashboard is built: a page that says
 * where the API is, and looks again by itself.
 */
export function staticFiles(folder: string): (c: Context) => Promise<Response> {
  let files: Map<string, StaticFile> | null = null
  let builtAt: number | null = null
  return async (c) => {
    if (files === null || !c.req.path.startsWith('/assets/')) {
      const lastBuiltAt = timeOf(join(folder, 'index.html'))
      // pages that are open go on with the files they know
      if (lastBuiltAt !== null && lastBuiltAt !== builtAt) files = merge(files, readFolder(folder))
      builtAt = lastBuiltAt ?? builtAt
    }
    const file = files?.get(c.req.path)
    if (file !== undefined) return serveFile(c, file)
    const index = files?.get('/index.html')
    if (index !== undefined) {
      if (extname(c.req.path) !== '' || c.req.path.startsWith('/assets/')) return notFound()
      return serveFile(c, index)
    }
    if (extname(c.req.path) !== '' || c.req.path.startsWith('/assets/')) return notFound()
    return page(200, 'Kantos Automations runs', WITHOUT_DASHBOARD, LOOK_AGAIN)
  }
}

const LOOK_AGAIN = '<meta http-equiv="refresh" content="2">'
const WITHOUT_DASHBOARD =
  '<p>The dashboard is being built and appears here by itself, in a quarter of a minute or so.</p>' +
  '<p>The API is at <code>/api</code>; its documentation is at <a href="/api/docs">/api/docs</a>.</p>'

/** When a file was last written, in ms since 1970; null when it isn't there. */
function timeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
}

function readFolder(folder: string): Map<string, StaticFile> | null {
  let names: string[]
  try {
    names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
  } catch {
    return null
  }
  if (!names.includes('index.html')) return null
  return new Map(names.map((name) => [`/${name}`, loadFile(join(folder, name), name.startsWith('assets/'))]))
}

function merge(old: Map<string, StaticFile> | null, anew: Map<string, StaticFile> | null): typeof old {
  return anew === null ? old : new Map([...(old ?? []), ...anew])
}

function notFound(): Response {
  return page(404, 'Not found', '<p>There is nothing here. <a href="/">Go to the start</a></p>')
}

function page(status: number, title: string, body: string, head = ''): Response {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">${head}<title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`
  return new Response(html, { status, headers: { ...SECURITY_HEADERS, 'Content-Type': TYPES['.html']! } })
}
