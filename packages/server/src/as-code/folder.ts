import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
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

const MOST_BYTES = 4 * 1024 * 1024

/** The files of a folder, by kind and key; those that can't be read are problems. */
export interface Folder {
  files: ReadonlyMap<Kind, ReadonlyMap<string, SourceFile>>
  problems: FileProblem[]
}

/**
 * Reads the files below a folder. A file without `key` has its name for one.
 *
 * @throws Error when the folder is none
 */
export async function readFolder(root: string): Promise<Folder> {
  await readdir(root).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `There is no folder ${root}.` : `${root} can't be read: ${error.message}`)
  })
  const problems: FileProblem[] = []
  const files = new Map<Kind, Map<string, SourceFile>>()
  for (const kind of KINDS) {
    const found = new Map<string, SourceFile>()
    files.set(kind, found)
    const names = await readdir(join(root, FOLDERS[kind])).catch(() => [])
    for (const name of names.toSorted()) {
      if (!/\.(ya?ml|json)$/.test(name)) continue
      const path = `${FOLDERS[kind]}/${name}`
      const text = await readFile(join(root, path), 'utf8')
      const problem = (message: string) => problems.push({ file: path, line: 1, message })
      if (text.length > MOST_BYTES) {
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
  }
  return { files, problems }
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
