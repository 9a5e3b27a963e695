import type { Step } from '@kantos/model'
import { Button } from '@mantine/core'
import { type CSSProperties, type ReactNode, type Ref, useEffect, useMemo, useState } from 'react'
import { strings } from '../../strings/runs.ts'
import { passesOf } from './passes.ts'
import classes from './step-passes.module.css'

const words = strings.page
/** Of a loop over very many items, the first are shown until all are wanted. */
const SHOWN = 100

interface StepPassesProps {
  steps: readonly Step[]
  /** a step as an item of a list, with its key; gets its place among the steps */
  row(place: number): ReactNode
  /** of the list, and of those within it */
  className: string | undefined
  /** the place of a step that must be in sight */
  reaches?: number
  ref?: Ref<HTMLOListElement>
  /** of a pass: one below the heading that stands above the steps */
  heading?: 'h3' | 'h4'
}

/** The steps of a run, real or tried, in their order, those of a loop by its passes. Source: docs/dashboard.md */
export function StepPasses({ steps, row, className, reaches = 0, ref, heading: Heading = 'h3' }: StepPassesProps) {
  const groups = useMemo(() => passesOf(steps), [steps])
  const [showsAll, setShowsAll] = useState(false)
  useEffect(() => {
    if (reaches >= SHOWN) setShowsAll(true)
  }, [reaches])
  const limit = showsAll ? steps.length : SHOWN
  return (
    <>
      <ol className={className} ref={ref}>
        {groups.map(({ pass, depth, places }) => {
          const rows = places.filter((place) => place < limit).map(row)
          if (rows.length === 0 || depth === 0) return rows
          return (
            <li key={`pass ${places[0]}`} className={classes['pass']} style={{ '--depth': depth } as CSSProperties}>
              {pass === null ? null : <Heading>{words.pass(pass.number, pass.of)}</Heading>}
              <ol className={className}>{rows}</ol>
            </li>
          )
        })}
      </ol>
      {steps.length <= limit ? null : (
        <Button variant="default" size="xs" mt={8} onClick={() => setShowsAll(true)}>
          {words.allSteps(steps.length)}
        </Button>
      )}
    </>
  )
}
