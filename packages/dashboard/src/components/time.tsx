import { dateTime, exactTime, timeAgo } from '../lib/time.ts'

interface TimeProps {
  /** ISO instant */
  iso: string
  /** `ago`: seen from now; `full`: date and time */
  as?: 'ago' | 'full'
}

/** An instant, with its exact time on hovering. */
export function Time({ iso, as = 'ago' }: TimeProps) {
  return (
    <time dateTime={iso} title={exactTime(iso)} className="numbers">
      {as === 'ago' ? timeAgo(iso) : dateTime(iso)}
    </time>
  )
}
