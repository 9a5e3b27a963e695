import { z } from 'zod'
import { numberOrTemplate, text } from './values.ts'

export const WAIT_UNITS = ['seconds', 'minutes', 'hours', 'days', 'weeks'] as const
const UNIT_NAMES = [...WAIT_UNITS, 'second', 'minute', 'hour', 'day', 'week'] as const

/** Pause the run for a time, or until a date. */
export const waitConfig = z.strictObject({
  duration: numberOrTemplate.optional(),
  unit: z.enum(UNIT_NAMES).optional(),
  until: text.optional(),
})
export type WaitConfig = z.infer<typeof waitConfig>

export const wait = { type: 'wait', label: 'Wait / Delay', effect: false, config: waitConfig } as const
