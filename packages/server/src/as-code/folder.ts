import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FileProblem, SourceFile } from './file.ts'
import { parseFile } from './file.ts'
import { KEY_PATTERN } from './keys.ts'
import type { Kind } from './state.ts'

/** Where files of a kind lie, below the folder that the command names. */
export const FOLDERS: Readonly<Record<Kind, string>> = {
  object: 'objects',
  template: 'email-templates',
  automation: 'automations',
}
export const KINDS: readonly Kind[] = ['object', 'template', 'automation']

const LONGEST = 4 * 1024 * 1024
/** The event loop is given way to after so much work on files. */
const TURN_MS = 20

/** A file as it lies below the folder. */
export interface FileText {
  /** `automations/welcome.yaml` */
  path: string
  text: string
}

/** The files of a folder, by kind and key; those that can't be read are problems. */
export interface Folder {
  files: ReadonlyMap<Kind, ReadonlyMap<string, SourceFile>>
  problems: FileProblem[]
}

/**
 * Reads the files below a folder.
 *
 * @throws Error when the folder is none
 */
export async function readTexts(root: string): Promise<FileText[]> {
  await readdir(root).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `There is no folder ${root}.` : `${root} can't be read: ${error.message}`)
  })
  const found: FileText[] = []
  for (const kind of KINDS) {
    const names = await readdir(join(root, FOLDERS[kind])).catch(() => [])
    for (const name of names.toSorted()) {
      if (!/\.(ya?ml|json)$/.test(name)) continue
      const path = `${FOLDERS[kind]}/${name}`
      found.push({ path, text: await readFile(join(root, path), 'utf8') })
    }
  }
  return found
}

/** The files by kind and key. A file without `key` has its name for one. */
export async function folderOf(texts: readonly FileText[]): Promise<Folder> {
  const problems: FileProblem[] = []
  const files = new Map(KINDS.map((kind) => [kind, new Map<string, SourceFile>()]))
  let turn = performance.now()
  for (const { path, text } of texts) {
    if (performance.now() - turn > TURN_MS) {
      await nextTurn()
      turn = performance.now()
    }
    const kind = KINDS.find((one) => path.startsWith(`${FOLDERS[one]}/`))!
    const found = files.get(kind)!
    const name = basename(path)
    const problem = (message: string) => problems.push({ file: path, line: 1, message })
    if (text.length > LONGEST) {
      problem('the file is larger than 4 MiB')
      continue
    }
    const file = parseFile(kind, path, text)
    if (Array.isArray(file)) {
      problems.push(...file)
      continue
    }
    const key = file.content.key ?? basename(name, extname(name))
    if (typeof key !== 'string' || !KEY_PATTERN.test(key))
      problem(`${JSON.stringify(key)} can't be a key: lower-case letters, digits, - and _`)
    else if (found.has(key)) problem(`the key ${key} stands in ${found.get(key)!.path}, too`)
    else found.set(key, file)
  }
  return { files, problems }
}

/** Reads a folder. @throws Error when it is none */
export async function readFolder(root: string): Promise<Folder> {
  return folderOf(await readTexts(root))
}

/** Writes a file whole or not at all. */
export async function writeWhole(root: string, path: string, text: string): Promise<void> {
  const target = join(root, path)
  await mkdir(dirname(target), { recursive: true })
  const half = `${target}.${process.pid}.tmp`
  await writeFile(half, text)
  await rename(half, target)
}

/** Takes a file away. */
export async function removeFile(root: string, path: string): Promise<void> {
  await unlink(join(root, path))
}
