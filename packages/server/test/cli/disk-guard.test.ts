import { pino } from 'pino'
import { expect, test } from 'vitest'
import { guardWorker } from '../../src/cli/disk-guard.ts'
import type { Worker } from '../../src/worker.ts'

function workers() {
  const told: string[] = []
  const start = async (): Promise<Worker> => {
    told.push('started')
    return { id: String(told.length), lookedAt: () => 0, wake: () => {}, stop: async () => void told.push('stopped') }
  }
  return { told, start }
}
const log = pino({ level: 'silent' })

test('a worker pauses while the disk is full, and goes on when there is room', async () => {
  let full = false
  const { told, start } = workers()
  const guard = await guardWorker(async () => full, start, log)
  expect(guard.worker()).not.toBeNull()
  full = true
  await Promise.all([guard.look(), guard.look()])
  expect(guard.worker()).toBeNull()
  expect(told).toEqual(['started', 'stopped'])
  full = false
  await guard.look()
  expect(guard.worker()).not.toBeNull()
  await guard.stop(0)
  expect(told).toEqual(['started', 'stopped', 'started', 'stopped'])
})

test('a disk that can’t be asked is taken for one with room', async () => {
  const { start } = workers()
  const guard = await guardWorker(() => Promise.reject(new Error('no such folder')), start, log)
  expect(guard.worker()).not.toBeNull()
  await guard.stop(0)
})

test('a failed start is tried again, and after the stop nothing is', async () => {
  let broken = false
  const { told, start } = workers()
  let full = true
  const guard = await guardWorker(
    async () => full,
    () => (broken ? Promise.reject(new Error('away')) : start()),
    log,
  )
  expect(guard.worker()).toBeNull()
  full = false
  broken = true
  await expect(guard.look()).rejects.toThrow('away')
  broken = false
  await guard.look()
  expect(told).toEqual(['started'])
  await guard.stop(0)
  await guard.look()
  expect(told).toEqual(['started', 'stopped'])
})
