import { spawn } from 'node:child_process'
import { access, constants, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const DASHBOARD = join(ROOT, 'packages/dashboard')
/** What the built files are made of. */
const SOURCES = [
  'src',
  'public',
  'index.html',
  'vite.config.ts',
  'package.json',
  '../model/src',
  '../../package-lock.json',
]
const LONGEST_MS = 180_000

export interface Dashboard {
  /** where its files are, or will be */
  folder: string
  /** null: they are there; else settles when the build has ended, with why it failed */
  building: Promise<string | null> | null
}

/**
 * The dashboard's files, built in the background when they are missing or older than their sources: a fresh clone has none,
 * and the server is up long before.
 *
 * @param dataDir holds the files when the program's own folder can't be written
 */
export async function prepareDashboard(dataDir: string): Promise<Dashboard> {
  const own = join(DASHBOARD, 'dist')
  const changedAt = await newest(SOURCES.map((name) => join(DASHBOARD, name)))
  if (await isFresh(own, changedAt)) return { folder: own, building: null }
  const folder = (await isWritable(DASHBOARD)) ? own : join(dataDir, 'dashboard')
  if (folder !== own && (await isFresh(folder, changedAt))) return { folder, building: null }
  return { folder, building: build(folder) }
}

async function isFresh(folder: string, changedAt: number): Promise<boolean> {
  const index = await stat(join(folder, 'index.html')).catch(() => null)
  return index !== null && index.mtimeMs >= changedAt
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** @returns epoch ms of the newest file; tests aside */
async function newest(paths: string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path): Promise<number> => {
      const found = await stat(path).catch(() => null)
      if (found === null || /\.test\.tsx?$/.test(path)) return 0
      if (!found.isDirectory()) return found.mtimeMs
      return newest((await readdir(path)).map((name) => join(path, name)))
    }),
  )
  return Math.max(0, ...times)
}

/** Builds beside and renames into place, so that nobody is served half a dashboard. @returns why it failed, or null */
async function build(folder: string): Promise<string | null> {
  const beside = join(dirname(folder), 'node_modules', `.dashboard-${process.pid}`)
  const old = `${beside}-old`
  try {
    await mkdir(dirname(beside), { recursive: true })
    const vite = join(
      dirname(createRequire(join(DASHBOARD, 'package.json')).resolve('vite/package.json')),
      'bin/vite.js',
    )
    const failure = await run(vite, [
      'build',
      '--logLevel',
      'error',
      '--configLoader',
      'native',
      '--emptyOutDir',
      '--outDir',
      beside,
    ])
    if (failure !== null) return failure
    await rename(folder, old).catch(() => {})
    await rename(beside, folder)
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    for (const left of [beside, old]) await rm(left, { recursive: true, force: true }).catch(() => {})
  }
}

function run(script: string, args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: DASHBOARD,
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
    })
    const leave = () => child.kill()
    process.once('exit', leave)
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => (output += bytes))
    child.stderr.on('data', (bytes: Buffer) => (output += bytes))
    child.on('error', (error) => (output += error.message))
    child.on('close', (code) => {
      process.off('exit', leave)
      resolve(code === 0 ? null : output.trim().slice(-2_000) || `it ended with ${code}`)
    })
  })
}
