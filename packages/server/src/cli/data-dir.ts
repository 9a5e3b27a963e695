import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeFolder } from './make-folder.ts'

/**
 * Makes the data folder when it isn't there.
 *
 * @param holdsDatabase PostgreSQL is to live in it, so it is tried whether it can be written
 * @throws Error that names DATA_DIR, and says why it can't be used and what to do
 */
export async function makeDataDir(dataDir: string, { holdsDatabase }: { holdsDatabase: boolean }): Promise<void> {
  const folder = resolve(dataDir)
  await makeFolder(folder).catch((error: NodeJS.ErrnoException) => refuse(dataDir, 'made', error))
  if (!holdsDatabase) return
  const probe = join(folder, `.kantos-${randomUUID()}`)
  try {
    await writeFile(probe, '', { flag: 'wx' })
  } catch (error) {
    refuse(dataDir, 'written', error as NodeJS.ErrnoException)
  } finally {
    await rm(probe, { force: true }).catch(() => {})
  }
}

const WHY: Record<string, string> = {
  EEXIST: 'there is a file in its place',
  ENOTDIR: 'there is a file in its place',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system can only be read',
  ENOSPC: 'the disk is full',
}

function refuse(dataDir: string, what: 'made' | 'written', error: NodeJS.ErrnoException): never {
  const { code = '', message, path } = error
  const nowhere = code === 'ENOENT' && path !== undefined ? `nothing can be made in ${dirname(path)}` : null
  const why = WHY[code] ?? nowhere ?? message
  throw new Error(`DATA_DIR ${dataDir} can't be ${what}: ${why}. Set it to a folder that this user may write.`, {
    cause: error,
  })
}
