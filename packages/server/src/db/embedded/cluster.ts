import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { access, chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asAccount, giveTo, type Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { isAlive } from './postmaster.ts'

/** Passwords of the superuser `postgres` and of the plain role `kantos`. */
export interface Passwords {
  postgres: string
  kantos: string
}

const PASSWORDS = 'kantos-passwords.json'

/**
 * Makes the database folder `<dataDir>/pg18` if there is none, and reads its passwords.
 *
 * initdb works in a temporary folder, which is renamed when it is complete: a crash leaves no half-made cluster, and of two
 * first starts the slower one finds the name taken and uses the other's.
 *
 * @param dataDir absolute path of an existing folder
 * @throws Error with initdb's own words when it fails
 * Source: DESIGN.md, section 11
 */
export async function ensureCluster(
  dataDir: string,
  binaries: Binaries,
  account: Account,
): Promise<{ folder: string; passwords: Passwords; created: boolean }> {
  const folder = join(dataDir, 'pg18')
  const created = !(await exists(folder)) && (await createCluster(dataDir, folder, binaries, account))
  const passwords = JSON.parse(await readFile(join(folder, PASSWORDS), 'utf8')) as Passwords
  return { folder, passwords, created }
}

async function createCluster(dataDir: string, folder: string, binaries: Binaries, account: Account): Promise<boolean> {
  await removeLeftovers(dataDir)
  const temporary = join(dataDir, `pg18.new-${process.pid}-${randomBytes(4).toString('hex')}`)
  const passwordFile = `${temporary}.password`
  const passwords: Passwords = { postgres: newPassword(), kantos: newPassword() }
  try {
    await mkdir(temporary, { mode: 0o700 })
    await chmod(temporary, 0o700)
    await writeFile(passwordFile, passwords.postgres, { mode: 0o600 })
    await giveTo(account, temporary)
    await giveTo(account, passwordFile)
    await initdb(binaries, account, dataDir, [
      `--pgdata=${temporary}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=PG_UNICODE_FAST',
      '--no-instructions',
    ])
    const file = join(temporary, PASSWORDS)
    await writeFile(file, JSON.stringify(passwords), { mode: 0o600, flush: true })
    await giveTo(account, file)
    await rename(temporary, folder)
    return true
  } catch (error) {
    if (await exists(folder)) return false
    throw error
  } finally {
    await rm(passwordFile, { force: true })
    await rm(temporary, { recursive: true, force: true })
  }
}

function initdb(binaries: Binaries, account: Account, cwd: string, args: string[]): Promise<void> {
  const command = asAccount(account, binaries.initdb, args)
  const child = spawn(command.file, command.args, {
    ...command.options,
    cwd,
    env: binaries.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`initdb could not make a database in ${cwd}:\n${said.trim()}`))
    })
  })
}

/** Folders of first starts that were killed. Their name holds the process that made them. */
async function removeLeftovers(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = /^pg18\.new-(\d+)-/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) await rm(join(dataDir, name), { recursive: true, force: true })
  }
}

function newPassword(): string {
  return randomBytes(24).toString('base64url')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
