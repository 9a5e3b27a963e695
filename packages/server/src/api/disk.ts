import { statfs } from 'node:fs/promises'

/** Below this, writes are refused before PostgreSQL stops. Source: DESIGN.md, section 11 */
const LEAST_FREE_BYTES = 256 * 1024 * 1024
const LOOK_AGAIN_MS = 5_000

/** @returns bytes that this process may still write where `folder` lies @throws when the folder can't be read */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

export interface DiskWatch {
  /** As last seen, at most some seconds ago; costs nothing. */
  isFull(): boolean
  /** Looks now. @throws when the folder can't be read */
  look(): Promise<boolean>
}

/**
 * Watches the room that an embedded database has left.
 *
 * @param free how much is free; by default asks the system
 */
export function watchDisk(folder: string, free: (folder: string) => Promise<number> = freeBytes): DiskWatch {
  let full = false
  let lookedAt = Number.NEGATIVE_INFINITY
  const look = async () => {
    lookedAt = performance.now()
    full = (await free(folder)) < LEAST_FREE_BYTES
    return full
  }
  return {
    isFull: () => {
      if (performance.now() - lookedAt > LOOK_AGAIN_MS) look().catch(() => {})
      return full
    },
    look,
  }
}
