import { type Cron, nextTick, parseCron } from '@kantos/model'
import { describe, expect, test } from 'vitest'
import { MOST_MADE_UP, newestTicks, ticksToRun } from '../../src/schedules/misfire.ts'

const NOW = Date.parse('2026-03-29T12:00:30.000Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function cron(text: string): Cron {
  const parsed = parseCron(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.cron
}

describe('ticksToRun', () => {
  const hourly = cron('0 * * * *')
  const at = (iso: string) => Date.parse(`2026-03-29T${iso}:00.000Z`)

  test('a tick that is taken up in time runs, whatever becomes of missed ones', () => {
    for (const misfire of ['latest', 'skip', 'all'] as const)
      expect(ticksToRun(hourly, 'UTC', at('12:00'), NOW, misfire)).toEqual([at('12:00')])
  })

  test('of missed ticks the latest runs, once', () => {
    expect(ticksToRun(hourly, 'UTC', at('03:00'), NOW + 10 * MINUTE, 'latest')).toEqual([at('12:00')])
  })

  test('missed ticks are skipped when the schedule says so, the one that is due now runs', () => {
    expect(ticksToRun(hourly, 'UTC', at('03:00'), NOW, 'skip')).toEqual([at('12:00')])
    expect(ticksToRun(hourly, 'UTC', at('03:00'), NOW + 10 * MINUTE, 'skip')).toEqual([])
  })

  test('all missed ticks are made up in order when the schedule says so', () => {
    const missed = ['09:00', '10:00', '11:00', '12:00'].map(at)
    expect(ticksToRun(hourly, 'UTC', at('09:00'), NOW, 'all')).toEqual(missed)
  })

  test('no more than 1,000 ticks are made up, the newest', () => {
    const made = ticksToRun(cron('* * * * *'), 'UTC', NOW - 30 * DAY - 30_000, NOW, 'all')
    expect(made).toHaveLength(MOST_MADE_UP)
    expect(made.at(-1)).toBe(at('12:00'))
    expect(made[0]).toBe(at('12:00') - (MOST_MADE_UP - 1) * MINUTE)
  })

  test('a tick that was due before its cron changed still runs', () => {
    expect(ticksToRun(cron('0 9 1 1 *'), 'UTC', at('11:30'), NOW, 'latest')).toEqual([at('11:30')])
  })
})

test('the newest ticks are those that counting from the start finds', () => {
  const crons = ['* * * * *', '*/7 * * * *', '30 2 * * *', '0 9 * * 1-5', '15 4 1 * *', '0 0 29 2 *', '59 23 31 12 *']
  let compared = 0
  for (const zone of ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe'])
    for (const source of crons)
      for (const back of source.startsWith('*') ? [HOUR, 9 * HOUR] : [HOUR, 9 * HOUR, 3 * DAY, 40 * DAY]) {
        const parsed = cron(source)
        const after = NOW - back
        const counted: number[] = []
        for (let at = nextTick(parsed, zone, after); at !== null && at <= NOW; at = nextTick(parsed, zone, at))
          counted.push(at)
        for (const most of [1, 5]) {
          expect(newestTicks(parsed, zone, after, NOW, most), `${source} ${zone} ${back}`).toEqual(counted.slice(-most))
          compared += counted.length
        }
      }
  expect(compared).toBeGreaterThan(1_000)
})
