import { ApiError } from '@kantos/model'
import { parseJson } from './body.ts'

/**
 * A query parameter that is the text of a JSON value.
 *
 * @returns undefined when it isn't given
 * @throws ApiError BAD_REQUEST when it isn't JSON
 * Source: SPEC.md, section 12 (`filters`)
 */
export function readJsonParameter(text: string | undefined, name: string): unknown {
  if (text === undefined || text === '') return undefined
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const message = error.message.replace(/^The body/, name)
    throw new ApiError(error.code, message, error.details ?? { errors: [{ path: `/${name}`, message }] })
  }
}
