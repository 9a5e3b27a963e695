import { lchown, readdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { spawnSync } from 'node:child_process'

/** The user `nobody`, who owns nothing else. PostgreSQL refuses to run as root. */
const NOBODY = 65534

/**
 * As whom PostgreSQL runs.
 *
 * - `self`: as the user who started us, who isn't root
 * - `nobody`: we are root, and the folders can be reached by anybody
 * - `namespace`: we are root, and a folder on the way (such as /root) is closed to others; or we are a bare number without
 *   a name (a container started with `--user`), which initdb refuses. In a user namespace that maps our own uid to 65534,
 *   PostgreSQL sees an ordinary user while the files stay ours
 */
export type Account = 'self' | 'nobody' | 'namespace'

/**
 * @param paths folders that PostgreSQL must reach: the data folder and its programs
 * @throws Error when we are root and there is no way to run as somebody else
 * Source: DESIGN.md, section 11
 */
export async function chooseAccount(paths: string[]): Promise<Account> {
  if (process.platform === 'win32') return 'self'
  if (process.geteuid?.() !== 0) return hasName() || !canRun('true', [], 'namespace') ? 'self' : 'namespace'
  const open = (await Promise.all(paths.map(isOpenToOthers))).every(Boolean)
  if (open && canRun('true', [], 'nobody')) return 'nobody'
  if (canRun('true', [], 'namespace')) return 'namespace'
  throw new Error(
    `PostgreSQL doesn't run as root, and another user can't reach ${paths.join(' or ')}. ` +
      'Start Kantos as an ordinary user, move it to a folder everybody may enter (such as /opt), or set DATABASE_URL.',
  )
}

/**
 * The command that runs a program under an account.
 *
 * @returns file, arguments and the spawn options that go with them
 */
export function asAccount(
  account: Account,
  file: string,
  args: string[],
): { file: string; args: string[]; options: { uid?: number; gid?: number } } {
  if (account === 'namespace') {
    const map = ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`]
    return { file: 'unshare', args: [...map, file, ...args], options: {} }
  }
  return { file, args, options: account === 'nobody' ? { uid: NOBODY, gid: NOBODY } : {} }
}

/**
 * Gives a folder and all in it to the account, if it isn't its own already.
 * Needed at creation, and when an installation moved between an open folder and a closed one.
 */
export async function giveTo(account: Account, path: string): Promise<void> {
  if (account === 'self') return
  const id = account === 'nobody' ? NOBODY : (process.geteuid?.() ?? 0)
  const group = account === 'nobody' ? NOBODY : (process.getegid?.() ?? 0)
  const { uid, gid } = await stat(path)
  if (uid === id && gid === group) return
  const entries = await readdir(path, { recursive: true }).catch(() => [])
  for (const entry of entries) await lchown(join(path, entry), id, group)
  await lchown(path, id, group) // last, so that an interrupted change is taken up again
}

function canRun(file: string, args: string[], account: Account): boolean {
  const command = asAccount(account, file, args)
  return spawnSync(command.file, command.args, { ...command.options, stdio: 'ignore', cwd: '/' }).status === 0
}

function hasName(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

async function isOpenToOthers(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
