import type { Run } from '@kantos/model'

/** A run of a chain as the tree shows it; of one that is kept no longer, or further down the list, only what its descendants say. */
export interface ChainNode {
  id: string
  name: string
  run: Run | null
  children: ChainNode[]
  /** children that aren't shown: too many */
  hidden: number
}

/** Children of one run that are shown; the one that leads to the run looked at always is. */
const MOST_CHILDREN = 12

/**
 * The chain of a run as a tree: those that began it, below each those that it started, oldest first. A retry stands beside the run that
 * it goes on with.
 *
 * @param others runs of the same chain, in any order, with or without `run`
 */
export function chainTree(run: Run, others: readonly Run[]): ChainNode[] {
  const nodes = new Map<string, ChainNode>()
  const parents = new Map<string, string | null>()
  const add = (id: string, name: string, known: Run | null, parent: string | null): void => {
    nodes.set(id, { id, name, run: known, children: [], hidden: 0 })
    parents.set(id, parent)
  }
  let before: string | null = null
  for (const link of run.chain.path ?? []) {
    add(link.run_id, link.automation_name ?? link.automation_id, null, before)
    before = link.run_id
  }
  for (const one of others) add(one.id, one.automation_name, one, one.chain.parent_run_id)
  add(run.id, run.automation_name, run, run.chain.parent_run_id)
  const roots: ChainNode[] = []
  for (const node of [...nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const parent = parents.get(node.id) ?? null
    const above = parent === null ? undefined : nodes.get(parent)
    ;(above === undefined ? roots : above.children).push(node)
  }
  const way = new Set<string>()
  for (let id: string | null | undefined = run.id; id; id = parents.get(id)) way.add(id)
  for (const node of nodes.values()) cut(node, way)
  return roots
}

function cut(node: ChainNode, way: ReadonlySet<string>): void {
  if (node.children.length <= MOST_CHILDREN) return
  const first = node.children.slice(0, MOST_CHILDREN)
  const shown = first.some(({ id }) => way.has(id))
    ? first
    : [...first.slice(1), ...node.children.filter(({ id }) => way.has(id))]
  node.hidden = node.children.length - shown.length
  node.children = shown
}
