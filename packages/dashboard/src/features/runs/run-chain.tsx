import type { Run } from '@kantos/model'
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { strings } from '../../strings/runs.ts'
import classes from './runs.module.css'

const words = strings.page

/** The chain of causes, from the change that began it down to this run. */
export function RunChain({ run }: { run: Run }) {
  const path = run.chain.path ?? []
  return (
    <>
      <Text size="sm" c="dimmed" mb={8}>
        {words.chainIntro} {words.chainOf(run.chain.depth)}
      </Text>
      <ol className={classes['chain']}>
        {path.length < run.chain.depth - 1 ? (
          <li className={classes['chainNote']}>…</li>
        ) : (
          <li className={classes['chainNote']}>{words.outside}</li>
        )}
        {path.map((link, depth) => (
          <li key={`${link.run_id} ${depth}`} style={{ marginLeft: Math.min(depth + 1, 8) * 12 }}>
            <Anchor component={Link} to={`/runs/${link.run_id}` as never} size="sm">
              {link.automation_name ?? link.automation_id}
            </Anchor>
            {link.record_id === null ? null : (
              <>
                {' '}
                <Anchor component={Link} to={`/records/${link.record_id}` as never} size="xs" c="dimmed">
                  {link.record_id.slice(0, 6)}…{link.record_id.slice(-4)}
                </Anchor>
              </>
            )}
          </li>
        ))}
        <li data-current style={{ marginLeft: Math.min(path.length + 1, 9) * 12 }} aria-current="true">
          <strong>{run.automation_name}</strong> <span className={classes['chainNote']}>{words.thisRun}</span>
        </li>
      </ol>
    </>
  )
}
