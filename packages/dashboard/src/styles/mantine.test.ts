import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const SOURCE = join(import.meta.dirname, '..')
const STYLES = join(dirname(createRequire(import.meta.url).resolve('@mantine/core/styles.css')), 'styles')

/** Names imported from @mantine/core that have styles of their own. */
function usedComponents(): string[] {
  const used = new Set<string>()
  for (const name of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name)) continue
    const text = readFileSync(join(SOURCE, name), 'utf8')
    for (const [, names] of text.matchAll(/import\s*\{([^}]*)\}\s*from '@mantine\/core'/g)) {
      for (const one of names!.split(',')) {
        const component = one.trim().split(' as ')[0]!
        if (existsSync(join(STYLES, `${component}.css`))) used.add(component)
      }
    }
  }
  return [...used].sort()
}

test('the styles of every Mantine component in use are loaded', () => {
  const listed = readFileSync(join(import.meta.dirname, 'mantine.css'), 'utf8')
  const used = usedComponents()
  expect(used).toContain('Button')
  expect(used.filter((component) => !listed.includes(`styles/${component}.css'`))).toEqual([])
})
