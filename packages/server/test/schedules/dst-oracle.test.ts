import { describe, expect, test } from 'vitest'
import { productTicks, randomLines, textOf, walkedTicks, walkOf, ZONES } from './dst-oracle.ts'

// DST_ORACLE=all takes 200 crons and five years in each of the ten zones; without it it is eight, and one year
const ALL = process.env.DST_ORACLE === 'all'
const LINES = ALL ? 200 : 8
const YEARS = ALL ? 5 : 1

describe('the ticks of whole years are those that a walk over every minute finds', () => {
  test.each(ZONES)(
    '%s from %i',
    (timezone, year) => {
      const walk = walkOf(timezone, year, YEARS)
      let ticks = 0
      for (const line of randomLines(LINES)) {
        const walked = walkedTicks(line, walk)
        const found = productTicks(line, walk)
        ticks += found.length
        const at = walked.findIndex((tick, i) => tick !== found[i])
        const first = at < 0 ? null : [new Date(walked[at]!).toISOString(), new Date(found[at] ?? 0).toISOString()]
        expect(first, `${textOf(line)}: walked, found`).toBeNull()
        expect(found, textOf(line)).toHaveLength(walked.length)
      }
      expect(ticks).toBeGreaterThan(100)
      const changes = ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu'].includes(timezone) ? 0 : YEARS
      expect(walk.jumps).toBeGreaterThanOrEqual(changes)
    },
    ALL ? 7_200_000 : 600_000,
  )
})
