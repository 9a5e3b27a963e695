import type { FoundProblem } from './check.ts'

/**
 * Warnings that say the same of several parts, together: sixty steps that write one field start the same automation.
 *
 * @returns groups in the order of their first ones
 */
export function saidTogether(warnings: readonly FoundProblem[]): FoundProblem[][] {
  return [...Map.groupBy(warnings, ({ message, hint }) => `${message} ${hint ?? ''}`).values()]
}
