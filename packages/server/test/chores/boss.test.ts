import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicId } from '@kantos/model'
import { afterAll, describe, expect, test } from 'vitest'
import { type Chore, type Chores, startChores } from '../../src/chores/boss.ts'
import { importChore, resumeImports } from '../../src/chores/import.ts'
import { readCatalogue } from '../../src/records/catalogue.ts'
import { readImport, startImport } from '../../src/records/upload.ts'
import { BY_KEY, createTestCrm } from '../crm.ts'
import { createTestDatabase, until } from '../helpers.ts'

const database = await createTestDatabase()
const folders: string[] = []
const started: Chores[] = []
afterAll(async () => {
  await Promise.all(started.map((chores) => chores.stop()))
  await database.drop()
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
})
const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kantos-chores-'))
  folders.push(folder)
  return folder
}
const errors: unknown[] = []
const log = {
  error: (fields: unknown) => void errors.push(fields),
  warn: (fields: unknown) => void errors.push(fields),
}
const start = async (dataDir: string, chores: Chore[]) => {
  const running = await startChores({ pool: database.pool, log: log as never, dataDir, chores })
  started.push(running)
  return running
}

describe('a chore', () => {
  test('is done once, with its data, also when it failed at first', async () => {
    const seen: object[] = []
    let fails = 1
    const chores = await start(await newFolder(), [
      {
        name: 'echo',
        async run(data) {
          if (fails-- > 0) throw new Error('not yet')
          seen.push(data)
        },
      },
    ])
    await chores.send('echo', { n: 1 })
    await until(() => seen.length === 1)
    expect(seen).toEqual([{ n: 1 }])
    expect(fails).toBe(-1)
    await expect(chores.send('nothing', {})).rejects.toThrow('no chore nothing')
  })

  test('about a file is done by processes of that data folder only', async () => {
    const [mine, other] = [await newFolder(), await newFolder()]
    const seen: string[] = []
    const chore = (place: string): Chore => ({ name: 'files', local: true, run: async () => void seen.push(place) })
    const [first] = await Promise.all([
      start(mine, [chore('mine')]),
      start(other, [chore('other')]),
      start(other, [chore('other')]),
    ])
    for (let n = 0; n < 5; n++) await first.send('files', {})
    await until(() => seen.length === 5)
    expect(new Set(seen)).toEqual(new Set(['mine']))
    expect(await readFile(join(mine, 'place'), 'utf8')).not.toBe(await readFile(join(other, 'place'), 'utf8'))
  })

  test('is told when the process stops', async () => {
    let signal: AbortSignal | undefined
    const chores = await start(await newFolder(), [
      {
        name: 'long',
        run: (_data, given) =>
          new Promise((_, reject) => {
            signal = given
            given.addEventListener('abort', () => reject(given.reason))
          }),
      },
    ])
    await chores.send('long', {})
    await until(() => signal)
    await chores.stop()
    expect(signal!.aborted).toBe(true)
  })
})

test('an import that a crash interrupted goes on when its data folder is used again', async () => {
  const dataDir = await newFolder()
  const crm = Object.assign(await createTestCrm(database.pool), { config: { dataDir } })
  const leads = (await readCatalogue(crm.pool, crm.workspaceId)).objects.get('leads')!
  const request = new Request('http://kantos.test/', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: 'name\nAda\nBob\n',
  })
  const importId = await startImport(crm, crm.workspaceId, BY_KEY.actor!, leads, request, {})
  const chores = await start(dataDir, [importChore(crm)])
  await resumeImports(crm, chores)
  const done = await until(async () => {
    const found = await readImport(crm.pool, crm.workspaceId, publicId('import', importId))
    return found?.status === 'done' && found
  })
  expect(done).toMatchObject({ created: 2, failed: 0 })
  expect(errors).toEqual([])
})
