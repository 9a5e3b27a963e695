import type { Action } from '@kantos/model'

/** What every action's form gets: the config, and how to change a part of it. */
export interface ActionFormProps {
  action: Action
  config: Readonly<Record<string, unknown>>
  /** sets a key of the config; undefined takes it out */
  set(name: string, value: unknown): void
  /** puts another config in place of this one */
  replace(config: Record<string, unknown>): void
  /** selects another part of the flow */
  onSelect(node: string): void
}

/** A config's value as text. */
export function textIn(config: Readonly<Record<string, unknown>>, name: string): string {
  const value = config[name]
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** An empty text is no value. */
export function orNothing(text: string): string | undefined {
  return text === '' ? undefined : text
}
