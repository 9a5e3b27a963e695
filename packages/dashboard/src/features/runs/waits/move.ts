/** What can be done with waits. */
export const WAIT_ACTIONS = ['resume', 'reschedule', 'cancel'] as const
export type WaitAction = (typeof WAIT_ACTIONS)[number]

/** How a wait is moved: to a moment, or by some time. */
export type Move = { due_at: string } | { shift_seconds: number }

/** Seconds of a unit. */
export const UNIT_SECONDS = { minutes: 60, hours: 3600, days: 86_400, weeks: 604_800 } as const
export type MoveUnit = keyof typeof UNIT_SECONDS

/** When a wait ends after it was moved, ISO. @param dueAt when it would have ended */
export function movedTo(dueAt: string, move: Move): string {
  return 'due_at' in move ? move.due_at : new Date(Date.parse(dueAt) + move.shift_seconds * 1000).toISOString()
}
