import { expect, test } from 'vitest'
import { everyDay, lastDays, lookBackBody } from './times.ts'

test('a day that is chosen as the last one belongs to it', () => {
  const { from, to } = lookBackBody({ from: '2026-10-24', to: '2026-10-26' })
  expect(new Date(from!)).toEqual(new Date(2026, 9, 24))
  expect(new Date(to!)).toEqual(new Date(2026, 9, 27))
})
test('without a last day it is until now', () => {
  expect(lookBackBody(lastDays(7, new Date(2026, 2, 3, 15)))).toEqual({ from: new Date(2026, 1, 24).toISOString() })
})
test('a day without runs is a day, too', () => {
  const days = everyDay('2026-11-20T00:00:00Z', '2026-11-23T00:00:00Z', [{ date: '2026-11-21', runs: 4 }])
  expect(days.map(({ runs }) => runs)).toEqual([0, 4, 0])
})
test('the last hour of a day at its beginning is shown only if something ran in it', () => {
  const days = (date: string) => everyDay('2026-11-20T23:00:00Z', '2026-11-22T00:00:00Z', [{ date, runs: 4 }])
  expect(days('2026-11-21').map(({ runs }) => runs)).toEqual([4])
  expect(days('2026-11-20').map(({ runs }) => runs)).toEqual([4, 0])
})
