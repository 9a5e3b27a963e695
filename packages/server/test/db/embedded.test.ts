import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { linkLibraries } from '../../src/db/embedded/binaries.ts'
import { isAlive, readPostmaster, whatRuns } from '../../src/db/embedded/postmaster.ts'
import { startEmbedded, type Embedded } from '../../src/db/embedded/start.ts'
import { until } from '../helpers.ts'

const WRITER = fileURLToPath(new URL('./embedded-writer.ts', import.meta.url))
const isRoot = process.geteuid?.() === 0

const folders: string[] = []
const servers: Embedded[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function newFolder(mode = 0o711): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `kantos-embedded-${process.pid}-`))
  folders.push(folder)
  await chmod(folder, mode)
  return folder
}

/** A database that was made before, for tests that leave it stopped and whole. */
let used: string
beforeAll(async () => {
  used = await mkdtemp(join(tmpdir(), `kantos-embedded-${process.pid}-`))
  await chmod(used, 0o711)
  await (await startEmbedded({ dataDir: used })).stop()
})
afterAll(() => rm(used, { recursive: true }))

async function start(dataDir: string, log?: (message: string) => void): Promise<Embedded> {
  const server = await startEmbedded({ dataDir, log })
  servers.push(server)
  return server
}

async function ask(url: string, text: string): Promise<any[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

/** Another process that starts the server and commits row after row. */
async function startWriter(dataDir: string, rows: number, user: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, dataDir], {
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += chunk))
  const lines: number[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(Number(line))
    if (lines.length > rows) break
  }
  const [pid, ...committed] = lines
  if (!pid || committed.length < rows) throw new Error(`The writer ended early: ${complaint}`)
  return {
    pid,
    committed,
    async kill() {
      child.kill('SIGKILL')
      if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
    },
  }
}

async function pidOf(dataDir: string): Promise<number> {
  const pid = (await readPostmaster(join(dataDir, 'pg18')))?.pid
  if (pid === undefined) throw new Error('No server runs.')
  return pid
}

describe('startEmbedded', () => {
  test('an empty folder becomes a database of a plain role, which outlives stop and start', async () => {
    const dataDir = join(await newFolder(), 'made', 'when-missing')
    const first = await start(dataDir)
    expect(first.owned).toBe(true)
    await ask(first.url, 'create table kept as select 42 as n')
    const pid = await pidOf(dataDir)
    await first.stop()
    expect(whatRuns(pid, join(dataDir, 'pg18'))).not.toBe('our server')
    expect((await readdir(dataDir)).toSorted()).toEqual(['pg18', 'pg18.log'])

    const second = await start(dataDir)
    expect(second.url).toBe(first.url)
    expect(await ask(second.url, 'select n from kept')).toEqual([{ n: 42 }])
    expect(await ask(second.url, 'select rolsuper from pg_roles where rolname = current_user')).toEqual([
      { rolsuper: false },
    ])
    expect(await ask(second.superuserUrl, 'show data_directory')).toEqual([{ data_directory: join(dataDir, 'pg18') }])
  })

  test('commits wait for the disk, and only this machine can connect, with a password', async () => {
    const dataDir = used
    const { url, superuserUrl } = await start(dataDir)
    const rows = await ask(
      superuserUrl,
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes',
      'synchronous_commit', 'listen_addresses', 'unix_socket_directories', 'jit', 'deadlock_timeout') order by name`,
    )
    expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toEqual({
      deadlock_timeout: '100',
      fsync: 'on',
      full_page_writes: 'on',
      jit: 'off',
      listen_addresses: '127.0.0.1',
      synchronous_commit: 'on',
      unix_socket_directories: '',
    })
    const wrong = Object.assign(new URL(url), { password: 'wrong' }).href
    await expect(ask(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    const secret = join(dataDir, 'pg18', 'kantos-passwords.json')
    expect((await stat(secret)).mode & 0o077).toBe(0)
  })

  test('a second start attaches, and the server stays until the last one has stopped', async () => {
    const dataDir = used
    const first = await start(dataDir)
    const second = await start(dataDir)
    expect([first.owned, second.owned]).toEqual([true, false])
    expect(second.url).toBe(first.url)
    await first.stop()
    expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await second.stop()
    expect(await readPostmaster(join(dataDir, 'pg18'))).toBe(null)
  })

  test("a user who isn't the owner stops nothing", async () => {
    const dataDir = used
    const first = await start(dataDir)
    const second = await start(dataDir)
    await second.stop()
    expect(first.owned).toBe(true)
    expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('of several first starts at once in one folder, one makes the database and all use it', async () => {
    const dataDir = await newFolder()
    const all = await Promise.all([start(dataDir), start(dataDir), start(dataDir)])
    expect(all.filter((server) => server.owned)).toHaveLength(1)
    expect(new Set(all.map((server) => server.url)).size).toBe(1)
    expect(await ask(all[0]?.url ?? '', 'select current_user as me')).toEqual([{ me: 'kantos' }])
    expect((await readdir(dataDir)).toSorted()).toEqual(['pg18', 'pg18.log'])
  })

  test('a server that is killed comes back at the same URL with all that was committed', async () => {
    const dataDir = await newFolder()
    const told: string[] = []
    const { url } = await start(dataDir, (message) => told.push(message))
    await ask(url, 'create table kept as select generate_series(1, 1000) as n')
    process.kill(await pidOf(dataDir), 'SIGKILL')
    expect(await until(() => ask(url, 'select count(*)::int as rows from kept'))).toEqual([{ rows: 1000 }])
    expect(told).toContain('The connection to PostgreSQL broke; starting it again if it is gone')
  })

  test('when process and server are killed while writing, the next start has every acknowledged commit', async () => {
    const dataDir = await newFolder()
    const writer = await startWriter(dataDir, 200)
    process.kill(writer.pid, 'SIGKILL')
    await writer.kill()
    const { url, owned } = await start(dataDir)
    expect(owned).toBe(true)
    const [row] = await ask(url, `select count(*)::int as rows, max(n) as last from written`)
    expect(row.last).toBeGreaterThanOrEqual(writer.committed.at(-1) ?? Infinity)
    expect(row.rows).toBe(row.last)
  })

  test('when only the process is killed, the next start attaches to the running server and owns it', async () => {
    const dataDir = await newFolder()
    const writer = await startWriter(dataDir, 1)
    await writer.kill()
    expect(isAlive(writer.pid)).toBe(true)
    const next = await start(dataDir)
    expect(await pidOf(dataDir)).toBe(writer.pid)
    // PostgreSQL notices a moment later that the killed one's connection is gone; then the lock is free.
    await next.stop()
    const last = await start(dataDir)
    expect(last.owned).toBe(true)
  })

  test('when the owner is killed, another user takes over and starts the server again if it dies', async () => {
    const dataDir = await newFolder()
    const writer = await startWriter(dataDir, 1)
    const second = await start(dataDir)
    expect(second.owned).toBe(false)
    await writer.kill()
    await until(() => second.owned)
    process.kill(writer.pid, 'SIGKILL')
    await until(() => ask(second.url, 'select 1'))
    await until(() => second.owned)
    expect(await pidOf(dataDir)).not.toBe(writer.pid)
  })

  test('a crash of one connection, which makes PostgreSQL recover, is survived by the same server', async () => {
    const server = await start(used)
    const pid = await pidOf(used)
    const client = new pg.Client(server.url)
    client.on('error', () => {})
    await client.connect()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    process.kill(rows[0].pid, 'SIGKILL')
    await until(() => !server.owned) // our own connection is cut too
    await until(() => server.owned)
    expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(await pidOf(used)).toBe(pid)
  })

  test('a port taken by another program is left to it', async () => {
    const dataDir = used
    const first = await start(dataDir)
    await first.stop()
    const port = Number(new URL(first.url).port)
    const { createServer } = await import('node:net')
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    const second = await start(dataDir)
    expect(Number(new URL(second.url).port)).not.toBe(port)
    expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
    other.close()
  })

  test('a stale postmaster.pid whose number another process has now is no hindrance', async () => {
    const dataDir = used
    const first = await start(dataDir)
    const file = join(dataDir, 'pg18', 'postmaster.pid')
    const text = await readFile(file, 'utf8')
    await first.stop()
    await writeFile(file, text.replace(/^\d+/, String(process.pid)))
    const second = await start(dataDir)
    expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test("a server that can't start says why, in PostgreSQL's words", async () => {
    const dataDir = await newFolder()
    await (await start(dataDir)).stop()
    await writeFile(join(dataDir, 'pg18', 'PG_VERSION'), '17\n')
    await expect(startEmbedded({ dataDir })).rejects.toThrow(/initialized by PostgreSQL version 17/)
  })

  test('leftovers of a first start that was killed are removed, and those of a living one are not', async () => {
    const dataDir = await newFolder()
    const dead = spawnSync('true').pid
    await mkdir(join(dataDir, `pg18.new-${dead}-00000000`))
    await mkdir(join(dataDir, `pg18.new-${process.ppid}-00000000`))
    await start(dataDir)
    expect((await readdir(dataDir)).filter((name) => name.startsWith('pg18.new'))).toEqual([
      `pg18.new-${process.ppid}-00000000`,
    ])
  })
})

describe('as root', () => {
  test.runIf(isRoot)('in an open folder PostgreSQL runs as nobody', async () => {
    const dataDir = await newFolder(0o711)
    const { url } = await start(dataDir)
    expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }])
    const { uid } = await stat(join(dataDir, 'pg18'))
    expect([65534, 0]).toContain(uid) // 0 when the programs themselves lie in a closed folder
  })

  test.runIf(isRoot)('in a closed folder, such as /root, it runs in a user namespace, and may move', async () => {
    const dataDir = await newFolder(0o700)
    const first = await start(dataDir)
    await ask(first.url, 'create table kept as select 42 as n')
    await first.stop()
    expect((await stat(join(dataDir, 'pg18'))).uid).toBe(0)
    await chmod(dataDir, 0o711)
    const opened = await start(dataDir)
    expect(await ask(opened.url, 'select n from kept')).toEqual([{ n: 42 }])
    await opened.stop()
    await chmod(dataDir, 0o700)
    const closed = await start(dataDir)
    expect(await ask(closed.url, 'select n from kept')).toEqual([{ n: 42 }])
  })

  // Numbers without a name, as a container started with --user has.
  const ordinary = { uid: 65_000, gid: 65_000 }
  const canRead = isRoot && spawnSync(process.execPath, ['--check', WRITER], { ...ordinary, cwd: '/' }).status === 0
  test.runIf(canRead)('an ordinary user runs it as himself, even one without a name', async () => {
    const dataDir = await newFolder(0o777)
    const writer = await startWriter(dataDir, 2, ordinary)
    await writer.kill()
    expect(writer.committed).toEqual([1, 2])
    expect((await stat(join(dataDir, 'pg18'))).uid).toBe(ordinary.uid)
    process.kill(writer.pid, 'SIGINT')
    while ((await readPostmaster(join(dataDir, 'pg18'))) !== null)
      await new Promise((resolve) => setTimeout(resolve, 10))
  })
})

describe('linkLibraries', () => {
  test('links that the package lists are made once, also by several at once', async () => {
    const root = await newFolder()
    await mkdir(join(root, 'native', 'lib'), { recursive: true })
    await writeFile(join(root, 'native', 'lib', 'libx.so.1.2'), 'library')
    await writeFile(
      join(root, 'native', 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]),
    )
    expect(await Promise.all([linkLibraries(root, root), linkLibraries(root, root)])).toEqual([{}, {}])
    expect(await readlink(join(root, 'native', 'lib', 'libx.so.1'))).toBe('libx.so.1.2')
    expect((await readdir(join(root, 'native', 'lib'))).toSorted()).toEqual(['libx.so.1', 'libx.so.1.2'])
  })
})
