import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir } from '../../src/cli/data-dir.ts'
import { runCommand } from './command.ts'

test('a data folder is made, is fine when it is there, and a file in its place is named', async () => {
  const home = await mkdtemp(join(tmpdir(), 'kantos-data-dir-'))
  try {
    await makeDataDir(join(home, 'a', 'b'), { holdsDatabase: true })
    await makeDataDir(join(home, 'a', 'b'), { holdsDatabase: true })
    expect(await readdir(join(home, 'a', 'b'))).toEqual([])
    const file = join(home, 'file')
    await writeFile(file, '')
    for (const path of [file, join(file, 'below')])
      await expect(makeDataDir(path, { holdsDatabase: true })).rejects.toThrow(
        `DATA_DIR ${path} can't be made: there is a file in its place`,
      )
  } finally {
    await rm(home, { recursive: true })
  }
})

// Linux alone has these, and there nobody may write, not even root
test.runIf(process.platform === 'linux')('a data folder that nobody can make or write is refused at once', async () => {
  const say = 'Set it to a folder that this user may write.'
  for (const path of ['/proc/kantos', '/proc/kantos/data', '/proc/self/kantos'])
    await expect(makeDataDir(path, { holdsDatabase: true })).rejects.toThrow(
      new RegExp(`^DATA_DIR ${path} can't be made: .+\\. ${say}$`),
    )
  await expect(makeDataDir('/proc/self', { holdsDatabase: true })).rejects.toThrow(
    new RegExp(`^DATA_DIR /proc/self can't be written: .+\\. ${say}$`),
  )
  await makeDataDir('/proc/self', { holdsDatabase: false })
  for (const command of [['serve'], ['migrate'], ['backup', '-']]) {
    const { code, stdout, stderr } = await runCommand(command, { DATA_DIR: '/proc/kantos/data', PORT: '0' })
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      `DATA_DIR /proc/kantos/data can't be made: nothing can be made in /proc. ${say}\n`,
    ])
  }
})
