import { strings } from '../../strings/runs.ts'
import { Json } from './json.tsx'
import classes from './run.module.css'

const words = strings.request

interface RequestParts {
  url?: unknown
  method?: unknown
  headers?: unknown
  body?: unknown
}
interface AnswerParts {
  status?: unknown
  body?: unknown
}

/** A request as it is sent, and what was answered. Secrets are shown as `••••`. */
export function RequestView({ request, answer }: { request: RequestParts; answer: AnswerParts | null }) {
  const headers = Object.entries((request.headers ?? {}) as Record<string, unknown>)
  return (
    <div className={classes['request']}>
      <p className={classes['requestLine']}>
        <strong>{String(request.method ?? 'POST')}</strong> {String(request.url ?? '')}
      </p>
      {headers.length === 0 ? null : (
        <details>
          <summary>{words.headers}</summary>
          <dl className={classes['headers']}>
            {headers.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{String(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {request.body === null || request.body === undefined ? (
        <p className={classes['nothing']}>{words.noBody}</p>
      ) : (
        <Json value={request.body} />
      )}
      {answer === null || answer.status === undefined ? null : (
        <>
          <p className={classes['requestLine']}>
            {words.answer} <strong>{String(answer.status)}</strong>
          </p>
          {answer.body === undefined || answer.body === null || answer.body === '' ? null : (
            <Json value={answer.body} />
          )}
        </>
      )}
    </div>
  )
}
