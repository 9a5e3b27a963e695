import { Link } from '@tanstack/react-router'
import { strings } from '../../strings/runs.ts'
import classes from './run-views.module.css'

const words = strings.views

const VIEWS = { all: '/runs', waiting: '/runs/waiting', failures: '/runs/failures' } as const

/** Leads from one view of the runs to another: all of them, what waits, what failed. */
export function RunViews() {
  return (
    <nav className={classes['views']} aria-label={words.label}>
      {(Object.keys(VIEWS) as (keyof typeof VIEWS)[]).map((view) => (
        <Link
          key={view}
          to={VIEWS[view]}
          search={{} as never}
          className={classes['view']}
          activeProps={{ className: classes['active'] }}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {words[view]}
        </Link>
      ))}
    </nav>
  )
}
