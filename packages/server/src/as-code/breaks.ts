import { type AutomationDocument, type ObjectDefinition, type Problem, validateAutomation } from '@kantos/model'
import { referencesTo, usesField } from '../objects/usage.ts'
import type { Content } from './content.ts'
import { type FileProblem, locate, type SourceFile } from './file.ts'
import type { Folder } from './folder.ts'
import type { ObjectPlan } from './object-plan.ts'
import type { WorkingPlan } from './plan.ts'
import { keysOf, type PlannedContext, savedForm } from './saved-form.ts'
import type { WorkspaceState } from './state.ts'

/**
 * Automations that have no file, stay, and could not be saved any more once the objects are as the files say. What can't be saved as it is
 * now is nobody's fault here.
 *
 * @param planned the workspace as it will be
 * @returns a problem of the object's file whose change breaks one
 */
export function brokenOthers(
  state: WorkspaceState,
  folder: Folder,
  planned: PlannedContext,
  { objects }: WorkingPlan,
): FileProblem[] {
  if (objects.length === 0) return []
  const files = folder.files.get('automation')!
  const before = { ...planned, objects: state.objects }
  return state.automations.flatMap(({ key, name, content }) => {
    if (files.has(key)) return []
    const [problem] = problemsOf(content, planned)
    if (problem === undefined || problemsOf(content, before).length > 0) return []
    const breaks = ({ object: { slug } }: ObjectPlan) =>
      problemsOf(content, { ...before, objects: new Map(before.objects).set(slug, planned.objects.get(slug)!) })
        .length > 0
    const { file } = objects.find(breaks) ?? objects[0]!
    const message = `the automation ${JSON.stringify(name)}, which has no file, could not run any more: ${problem.message}`
    return [locate(file, { path: '', message, hint: 'change it first, or pull it and change its file' })]
  })
}

function problemsOf(content: Content, context: PlannedContext): readonly Problem[] {
  const { raw, problems } = savedForm(content, keysOf(context.templates))
  if (problems.length > 0) return problems
  const valid = validateAutomation(raw, context)
  return valid.ok ? [] : valid.errors
}

/**
 * Fields that go although an automation names them: those that a save can't know of, such as `{{steps.found.first.email}}`, included.
 *
 * @param objects as they will be
 * @param documents the automations that there will be, by key
 */
export function usedFields(
  plan: WorkingPlan,
  objects: ReadonlyMap<string, ObjectDefinition>,
  documents: ReadonlyMap<string, { file: SourceFile; document: AutomationDocument }>,
): FileProblem[] {
  return plan.objects.flatMap(({ object: { slug }, absent, file }) => {
    const references = referencesTo(objects.values(), slug)
    return absent.flatMap((field) => {
      const user = [...documents.values()].find(({ document }) => usesField(document, slug, field.slug, references))
      if (user === undefined) return []
      const message = `the field ${field.slug} would be removed, but ${user.file.path} uses it`
      return [locate(file, { path: '/fields', message })]
    })
  })
}
