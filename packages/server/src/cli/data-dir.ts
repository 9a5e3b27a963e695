import { mkdir } from 'node:fs/promises'

/**
 * Makes the data folder when it isn't there.
 *
 * @throws Error that names DATA_DIR, and says why it can't be used
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'there is a file in its place' : message
    throw new Error(`DATA_DIR ${dataDir} can't be made: ${why}. Set it to a folder that this user may write.`, {
      cause: error,
    })
  }
}
