import { z } from 'zod'

/** Text that may hold `{{ placeholders }}`. */
export const text = z.string().max(1_048_576)

/** One address or a list; each may hold placeholders. */
export const addressList = z.union([text, z.array(text).max(100)])

/** A number, or a template that gives one. */
export const numberOrTemplate = z.union([z.number(), text])
