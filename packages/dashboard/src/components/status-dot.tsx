import type { ReactNode } from 'react'
import classes from './status-dot.module.css'

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'idle'

/** A state: a coloured dot and its word, so that colour never says it alone. */
export function StatusDot({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={classes.status}>
      <span className={classes.dot} data-tone={tone} aria-hidden="true" />
      {children}
    </span>
  )
}
