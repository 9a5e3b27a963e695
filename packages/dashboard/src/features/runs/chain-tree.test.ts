import type { Run } from '@kantos/model'
import { expect, test } from 'vitest'
import { type ChainNode, chainTree } from './chain-tree.ts'

const run = (id: string, parent: string | null = null, path: string[] = []) =>
  ({
    id,
    automation_name: id.toUpperCase(),
    chain: {
      id: 'chain_1',
      depth: 1,
      parent_run_id: parent,
      path: path.map((one) => ({
        automation_id: 'auto',
        automation_name: one.toUpperCase(),
        record_id: null,
        run_id: one,
      })),
    },
  }) as unknown as Run

const drawn = (nodes: readonly ChainNode[]): string =>
  nodes.map(({ id, run: known, children }) => `${id}${known === null ? '?' : ''}(${drawn(children)})`).join(' ')

test('parents, siblings and children stand below each other, oldest first', () => {
  const others = [run('e', 'b'), run('d', 'a'), run('c', 'b'), run('b', 'a'), run('a')]
  expect(drawn(chainTree(run('b', 'a', ['a']), others))).toBe('a(b(c() e()) d())')
})
test('runs that are kept no longer are known by their descendants’ path', () => {
  expect(drawn(chainTree(run('c', 'b', ['a', 'b']), []))).toBe('a?(b?(c()))')
})
test('a run whose parent is unknown stands at the top', () => {
  expect(drawn(chainTree(run('a'), [run('z', 'gone')]))).toBe('a() z()')
})
test('of very many children some are shown, among them the one that is looked at', () => {
  const many = Array.from({ length: 30 }, (_, i) => run(`c${String(i).padStart(2, '0')}`, 'a'))
  const [root] = chainTree(run('c29', 'a', ['a']), [run('a'), ...many])
  expect(root!.children).toHaveLength(12)
  expect(root!.hidden).toBe(18)
  expect(root!.children.at(-1)!.id).toBe('c29')
})
