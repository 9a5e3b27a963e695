import { z } from 'zod'

/** An instant in an answer: `2026-11-23T15:04:05.678Z`. */
export const instant = z.string().meta({ format: 'date-time' })

/** A cursor of a long list, as the last page gave it. */
export const cursorQuery = z.strictObject({
  cursor: z.string().max(500).optional().describe('`next_cursor` of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

/** A page of a long list, newest first; `next_cursor` is null on the last one. */
export function cursorPage<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), next_cursor: z.string().nullable() })
}

/** A list that is never long. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item) })
}

/** The body of every failed request. Source: SPEC.md, section 12 */
export const errorAnswer = z
  .object({
    error: z.string().describe('what happened and what to do about it'),
    code: z.string(),
    status: z.int(),
    details: z
      .unknown()
      .optional()
      .describe('`{errors: [{path, message, hint?}]}` with JSON pointers, of a 400 or 422'),
  })
  .meta({ id: 'Error' })
