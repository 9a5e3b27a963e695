import { z } from 'zod'
import { text } from './values.ts'

/** End the run here, as succeeded. */
export const stopConfig = z.strictObject({ reason: text.optional() })
export type StopConfig = z.infer<typeof stopConfig>

export const stop = { type: 'stop', label: 'Stop', effect: false, config: stopConfig } as const
