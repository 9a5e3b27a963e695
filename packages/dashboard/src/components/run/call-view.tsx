import type { RunTrigger } from '@kantos/model'
import { strings } from '../../strings/runs.ts'
import { Json } from './json.tsx'
import classes from './run.module.css'

const words = strings.call

type Call = NonNullable<RunTrigger['webhook']>

/** What a call to an automation's own URL brought. */
export function CallView({ call: { body, headers, query } }: { call: Call }) {
  return (
    <div className={classes['request']} style={{ marginTop: 12 }}>
      <p className={classes['small']}>{words.body}</p>
      {body === null ? <p className={classes['nothing']}>{words.noBody}</p> : <Json value={body} />}
      <Pairs name={words.query} values={query} />
      <Pairs name={words.headers} values={headers} />
    </div>
  )
}

/** Names and their values; what the log cut is shown as it begins. */
function Pairs({ name, values }: { name: string; values: unknown }) {
  const isCut = (values as { truncated?: unknown } | null)?.truncated === true
  const pairs = Object.entries((values ?? {}) as Record<string, unknown>)
  if (pairs.length === 0) return null
  return (
    <details>
      <summary>
        {name} {isCut ? '' : `(${pairs.length})`}
      </summary>
      {isCut ? (
        <Json value={values} />
      ) : (
        <dl className={classes['headers']}>
          {pairs.map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  )
}
