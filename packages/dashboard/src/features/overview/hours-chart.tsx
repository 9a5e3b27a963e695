import type { Overview } from '@kantos/model'
import { overviewStrings as words } from '../../strings/overview.ts'
import classes from './overview.module.css'

const clock = new Intl.DateTimeFormat('en', { hour: 'numeric', minute: '2-digit', hourCycle: 'h23' })
/** An hour is named below every so many bars. */
const NAMED_EVERY = 6

/** Runs and failures of each hour as bars; the highest fills the height. */
export function HoursChart({ hours }: { hours: Overview['hours'] }) {
  const most = Math.max(1, ...hours.map(({ runs, failed }) => Math.max(runs, failed)))
  const sum = (part: 'runs' | 'failed') => hours.reduce((all, hour) => all + hour[part], 0)
  const share = (count: number) => `${(count / most) * 100}%`
  return (
    <figure className={classes['chart']}>
      <div className={classes['bars']} role="img" aria-label={words.chartLabel(sum('runs'), sum('failed'))}>
        {hours.map(({ hour, runs, failed }) => (
          <div
            key={hour}
            className={classes['bar']}
            title={words.hour(clock.format(new Date(hour)), runs, failed)}
            data-empty={(runs === 0 && failed === 0) || undefined}
          >
            <span className={classes['runs']} style={{ height: share(Math.max(runs, failed)) }} />
            <span className={classes['failed']} style={{ height: share(failed) }} data-any={failed > 0 || undefined} />
          </div>
        ))}
      </div>
      <div className={classes['axis']} aria-hidden>
        {hours.map(({ hour }, index) => (
          <span key={hour}>
            {index === hours.length - 1
              ? words.now
              : index % NAMED_EVERY === 0 && index < hours.length - 2
                ? clock.format(new Date(hour))
                : ''}
          </span>
        ))}
      </div>
    </figure>
  )
}
