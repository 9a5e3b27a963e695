import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { runCommand } from './command.ts'

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('kantos-demo-'))

test('the demo tells a whole story, plain where there is no terminal, and leaves nothing behind', async () => {
  const before = folders()
  const { code, stdout, stderr } = await runCommand(['demo'], {})
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stripVTControlCharacters(stdout)).toBe(stdout)
  expect(stdout).toMatch(
    /✓ Welcome a lead +succeeded in \d+ ms\n +when {2}created in leads · api\n +if +✓ status is new/,
  )
  expect(stdout).toMatch(/– Welcome a lead +skipped\n.*\n.*✗ status is new {2}it is qualified/)
  expect(stdout).toMatch(/✓ by_value +deal_value is at least 10000/)
  expect(stdout).toMatch(/✓ by_value +else/)
  expect(stdout).toMatch(/✓ Welcome a lead.*\n +when.*↳ by Web form/)
  expect(stdout).toContain('Subject: Welcome, Alan Turing')
  expect(stdout.match(/webhook-signature .* ✓ verified/g)).toHaveLength(3)
  expect(stdout.match(/x-kantos-signature .* ✓ verified/g)).toHaveLength(3)
  expect(stdout).toContain('6 runs, 12 steps, 3 e-mails, 3 webhooks')
  expect(folders()).toEqual(before)
})
