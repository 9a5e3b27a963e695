import type { ObjectAnswer, Scope } from '@kantos/model'
import { createContext, useContext } from 'react'
import type { NameEntry } from './names.ts'
import { problemLine, type SaidProblem } from './problem-words.ts'

/** Its path lies below the part that is edited: `/config/to`. */
export type PlacedProblem = SaidProblem

/** What the forms of a part share: what can be named there, a sample to render with, what is wrong. */
export interface EditorSetting {
  objects: readonly ObjectAnswer[]
  templates: readonly { id: string; name: string }[]
  /** names of the workspace's secrets */
  secrets: readonly string[]
  /** the object of `record` */
  object: ObjectAnswer | undefined
  names: readonly NameEntry[]
  ruleFields: readonly NameEntry[]
  /** sample data, and the records behind its references */
  scope: Scope
  follow(recordId: string): Readonly<Record<string, unknown>> | null
  problems: readonly PlacedProblem[]
  readOnly: boolean
}

const NOTHING: EditorSetting = {
  objects: [],
  templates: [],
  secrets: [],
  object: undefined,
  names: [],
  ruleFields: [],
  scope: {},
  follow: () => null,
  problems: [],
  readOnly: false,
}

const Context = createContext<EditorSetting>(NOTHING)
export const EditorProvider = Context.Provider

export function useEditor(): EditorSetting {
  return useContext(Context)
}

/** What is wrong at a path of the edited part, in words; with `deep` also below it. Undefined when nothing is. */
export function useProblem(path: string | undefined, deep = false): string | undefined {
  const { problems } = useEditor()
  if (path === undefined) return undefined
  const found = problems.filter((problem) => problem.path === path || (deep && problem.path.startsWith(`${path}/`)))
  if (found.length === 0) return undefined
  return found.map(problemLine).join(' ')
}
