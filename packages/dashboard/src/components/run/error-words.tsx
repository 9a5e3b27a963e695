import type { RunErrorCode } from '@kantos/model'
import type { ReactNode } from 'react'
import { advice, strings } from '../../strings/runs.ts'
import classes from './run.module.css'

interface ErrorWordsProps {
  error: { code: string; message: string }
  /** where it went wrong, on a line of its own */
  title?: string
  /** what can be done at once: buttons */
  children?: ReactNode
}

/** An error in words, with what to do about it. */
export function ErrorWords({ error: { code, message }, title, children }: ErrorWordsProps) {
  const what = advice[code as RunErrorCode]
  return (
    <div className={classes['error']} role="note">
      {title === undefined ? null : <p className={classes['errorTitle']}>{title}</p>}
      <p>{message}</p>
      {what === undefined ? null : (
        <p>
          <strong>{strings.page.whatToDo}:</strong> {what}
        </p>
      )}
      <div className={classes['errorFoot']}>
        {children}
        <code>{code}</code>
      </div>
    </div>
  )
}
