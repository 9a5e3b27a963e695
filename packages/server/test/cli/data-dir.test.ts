import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir } from '../../src/cli/data-dir.ts'

test('a data folder is made, is fine when it is there, and a file in its place is named', async () => {
  const home = await mkdtemp(join(tmpdir(), 'kantos-data-dir-'))
  try {
    await makeDataDir(join(home, 'a', 'b'))
    await makeDataDir(join(home, 'a', 'b'))
    const file = join(home, 'file')
    await writeFile(file, '')
    for (const path of [file, join(file, 'below')])
      await expect(makeDataDir(path)).rejects.toThrow(`DATA_DIR ${path} can't be made: there is a file in its place`)
  } finally {
    await rm(home, { recursive: true })
  }
})
