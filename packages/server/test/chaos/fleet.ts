import { setTimeout as delay } from 'node:timers/promises'
import { type Installation, persist } from './installation.ts'
import type { Member } from './member.ts'
import type { Random } from './random.ts'

/** A place in the fleet that always has a process, save for the moments between its death and its successor. */
export interface Slot {
  role: 'api' | 'worker'
  /** whose code runs there; default: ours */
  root?: string
  member: Member
  /** somebody harms it */
  taken: boolean
}

export interface Fleet {
  slots: Slot[]
  /** Waits for a slot that nobody harms, and takes it. @throws when the fleet has been closed */
  take(role: Slot['role']): Promise<Slot>
  /** Makes sure that its process runs, and leaves it to the next. */
  release(slot: Slot): Promise<void>
}

/** One API process and some workers, each replaced when it dies, as a supervisor does. */
export async function startFleet(
  installation: Installation,
  random: Random,
  workers: number,
  rootOf: (worker: number) => string | undefined = () => undefined,
): Promise<Fleet> {
  const slots: Slot[] = []
  const add = async (role: Slot['role'], root?: string) =>
    void slots.push({ role, root, member: await installation.start(role, { root }), taken: false })
  await add('api')
  await Promise.all(Array.from({ length: workers }, (_, i) => add('worker', rootOf(i))))
  return {
    slots,
    take: async (role) => {
      for (;;) {
        const free = slots.filter((slot) => slot.role === role && !slot.taken)
        if (free.length > 0) {
          const slot = random.pick(free)
          slot.taken = true
          return slot
        }
        await delay(20)
      }
    },
    release: async (slot) => {
      // PostgreSQL may be away, and then a process doesn't start
      if (!slot.member.alive())
        slot.member = await persist(() => installation.start(slot.role, { root: slot.root }), 120_000, 250)
      slot.taken = false
    },
  }
}
