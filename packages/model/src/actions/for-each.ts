import type { Action } from '../automation.ts'

/** Run the actions once for each item of a list, one after another; the item is `item`, its place `index`. */
export interface ForEachConfig {
  /** an expression that gives a list, such as `{{steps.find.records}}` */
  items: string | unknown[]
  actions: Action[]
  /** at most 1,000, which is also the default; more items fail the step */
  max?: number
}

export const forEach = { type: 'for_each', label: 'For Each', effect: false } as const
