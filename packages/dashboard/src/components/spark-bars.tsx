import classes from './spark-bars.module.css'

interface SparkBarsProps {
  days: readonly { date: string; runs: number; failed: number }[]
  /** what the chart says, for who doesn't see it */
  label: string
}

const BAR = 6
const GAP = 3
const HEIGHT = 24

/** Runs and failures of some days as small bars; the highest day fills the height. */
export function SparkBars({ days, label }: SparkBarsProps) {
  // a failure counts on the day it happened, so a day may have more of them than runs
  const most = Math.max(1, ...days.flatMap(({ runs, failed }) => [runs, failed]))
  const width = days.length * (BAR + GAP) - GAP
  return (
    <svg
      className={classes.chart}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {days.map(({ date, runs, failed }, index) => {
        const x = index * (BAR + GAP)
        const all = runs === 0 ? 1.5 : Math.max(3, (runs / most) * HEIGHT)
        const bad = failed === 0 ? 0 : Math.max(3, (failed / most) * HEIGHT)
        return (
          <g key={date}>
            <rect
              className={runs === 0 ? classes.none : classes.runs}
              x={x}
              y={HEIGHT - all}
              width={BAR}
              height={all}
              rx={1.5}
            />
            {bad > 0 && <rect className={classes.failed} x={x} y={HEIGHT - bad} width={BAR} height={bad} rx={1.5} />}
          </g>
        )
      })}
    </svg>
  )
}
