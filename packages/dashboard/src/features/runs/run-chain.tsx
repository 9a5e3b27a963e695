import { type Run, RUN_STATUSES } from '@kantos/model'
import { Anchor, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { strings } from '../../strings/runs.ts'
import { chainQuery } from './api.ts'
import { type ChainNode, chainTree } from './chain-tree.ts'
import classes from './run-chain.module.css'
import page from './run-page.module.css'
import { RunStatusDot } from './status.tsx'

const words = strings.page
const LIVE: ReadonlySet<string> = new Set(RUN_STATUSES.slice(0, 3))
const LOOK_AGAIN_MS = 3000

/** The chain that a run stands in, as a tree: what led to it, what the same cause started beside it, and what it started itself. */
export function RunChain({ run }: { run: Run }) {
  const chain = useQuery({
    ...chainQuery(run.chain.id ?? ''),
    enabled: run.chain.id !== null,
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ status }) => LIVE.has(status)) === true ? LOOK_AGAIN_MS : false,
  })
  const roots = useMemo(() => chainTree(run, chain.data?.data ?? []), [run, chain.data])
  const isAlone = roots.length === 1 && roots[0]!.children.length === 0
  if (isAlone && run.chain.depth === 1 && run.status !== 'blocked') return null
  return (
    <section className={page['section']}>
      <Title order={2}>{words.chain}</Title>
      <Text size="sm" c="dimmed" mb={8}>
        {words.chainIntro}
      </Text>
      <div className={classes['chain']}>
        <div className={classes['row']}>
          <span className={classes['note']}>
            {roots[0]?.run?.chain.depth === 1 || run.chain.depth === 1 ? words.outside : words.earlier}
          </span>
        </div>
        <Runs nodes={roots} current={run.id} />
      </div>
      {chain.data === undefined || chain.data.next_cursor === null ? null : (
        <Anchor component={Link} to="/runs" search={{ chain: run.chain.id } as never} size="sm">
          {words.wholeChain}
        </Anchor>
      )}
    </section>
  )
}

function Runs({ nodes, current }: { nodes: readonly ChainNode[]; current: string }) {
  return (
    <ul>
      {nodes.map((node) => (
        <li key={node.id}>
          <Row node={node} isCurrent={node.id === current} />
          {node.children.length === 0 ? null : <Runs nodes={node.children} current={current} />}
          {node.hidden === 0 ? null : (
            <div className={classes['row']}>
              <span className={classes['note']}>{words.moreRuns(node.hidden)}</span>
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}

function Row({ node: { id, name, run }, isCurrent }: { node: ChainNode; isCurrent: boolean }) {
  return (
    <div className={classes['row']} aria-current={isCurrent ? 'true' : undefined}>
      <span className={classes['words']}>
        {isCurrent ? (
          <span>{name}</span>
        ) : (
          <Anchor component={Link} to={`/runs/${id}` as never} size="sm">
            {name}
          </Anchor>
        )}
        {run?.record_name == null || run.trigger.record_id === null ? null : (
          <Anchor component={Link} to={`/records/${run.trigger.record_id}` as never} size="sm" c="dimmed">
            {run.record_name}
          </Anchor>
        )}
        {run?.retry_of == null ? null : <span className={classes['note']}>{words.isRetry}</span>}
        {isCurrent ? <span className={classes['note']}>{words.thisRun}</span> : null}
      </span>
      {run === null ? null : <RunStatusDot status={run.status} />}
    </div>
  )
}
