import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  type AutomationDocument,
  compareAutomations,
  emailProblems,
  emailTemplateInput,
  type EmailTemplateInput,
  type ObjectDefinition,
  type Problem,
  shapeProblems,
  validateAutomation,
} from '@kantos/model'
import { brokenOthers, usedFields } from './breaks.ts'
import { automationContent, type Content, templateContent } from './content.ts'
import { type FileProblem, locate, type SourceFile } from './file.ts'
import { type Folder, KINDS } from './folder.ts'
import { type ObjectPlan, objectWords, plannedObject } from './object-plan.ts'
import { type KeyedTemplate, keysOf, type PlannedContext, savedForm } from './saved-form.ts'
import { type Kind, type Present, presentOf, type WorkspaceState } from './state.ts'

/** One thing that differs. */
export interface Change {
  kind: Kind
  key: string
  name: string
  action: 'create' | 'update' | 'delete'
  /** what changes, one line each */
  words: string[]
}

/** What must be done so that a workspace is as the files say. */
export interface Plan {
  changes: Change[]
  /** in the workspace and not in the files: it stays, unless pruning is asked for */
  left: { kind: Kind | 'field'; key: string }[]
  problems: FileProblem[]
}

/** A plan with what carrying it out takes. */
export interface WorkingPlan extends Plan {
  objects: ObjectPlan[]
  templates: { key: string; file: SourceFile; input: EmailTemplateInput; id: string | null }[]
  automations: { key: string; file: SourceFile; id: string | null }[]
}

export interface PlanOptions {
  /** delete what the files don't have */
  prune: boolean
  now: number
}

/**
 * Sets files against a workspace. Each document is checked as a save would, against the workspace as it will be.
 *
 * @returns the differences; with problems nothing may be carried out
 */
export function makePlan(state: WorkspaceState, folder: Folder, { prune, now }: PlanOptions): WorkingPlan {
  const plan: WorkingPlan = {
    changes: [],
    left: [],
    problems: [...folder.problems],
    objects: [],
    templates: [],
    automations: [],
  }
  const objects = planObjects(state, folder, prune, plan)
  planTemplates(state, folder, prune, plan)
  const templates = plannedTemplates(state, folder, prune)
  const known = { secrets: state.secrets, now }
  const documents = planAutomations(state, folder, { ...known, objects, templates }, plan)
  if (prune) plan.problems.push(...usedFields(plan, objects, documents))
  else plan.problems.push(...brokenOthers(state, folder, { ...known, objects, templates }, plan))
  for (const kind of KINDS.toReversed()) planAbsent(state, folder, kind, prune, plan)
  return plan
}

/** @returns the objects as they will be */
function planObjects(
  state: WorkspaceState,
  folder: Folder,
  prune: boolean,
  plan: WorkingPlan,
): ReadonlyMap<string, ObjectDefinition> {
  const planned = new Map(state.objects)
  const files = folder.files.get('object')!
  const slugs = new Set([...state.objects.keys(), ...files.keys()])
  for (const [key, file] of files) {
    const before = state.objects.get(key) ?? null
    const made = plannedObject(key, file, before, slugs)
    if (Array.isArray(made)) {
      plan.problems.push(...made.map((problem) => locate(file, problem)))
      continue
    }
    const { object, absent } = made
    planned.set(key, prune ? object : { ...object, fields: [...object.fields, ...absent] })
    if (!prune) for (const { slug } of absent) plan.left.push({ kind: 'field', key: `${key}.${slug}` })
    const words = before === null ? [] : objectWords(before, object, prune ? absent : [])
    if (before !== null && words.length === 0) continue
    plan.objects.push({ ...made, before, file })
    const action = before === null ? 'create' : 'update'
    plan.changes.push({ kind: 'object', key, name: object.name, action, words })
  }
  return planned
}

function planTemplates(state: WorkspaceState, folder: Folder, prune: boolean, plan: WorkingPlan): void {
  const present = new Map(state.templates.map((template) => [template.key, template]))
  const files = folder.files.get('template')!
  // no two may have one name in the end; on the way there names may change hands
  const named = new Map(
    prune ? [] : state.templates.filter(({ key }) => !files.has(key)).map(({ key, name }) => [name, key]),
  )
  for (const [key, file] of files) {
    const { key: _, ...raw } = file.content
    const problems: Problem[] = shapeProblems(emailTemplateInput, raw, pointerOf)
    const parsed = emailTemplateInput.safeParse(raw)
    if (parsed.success) {
      const { name } = parsed.data
      problems.push(...emailProblems(parsed.data))
      const other = named.get(name)
      if (other !== undefined)
        problems.push({
          path: '/name',
          message: `the e-mail template ${other} has the name ${JSON.stringify(name)}, too`,
        })
      named.set(name, key)
    }
    if (problems.length > 0 || !parsed.success) {
      plan.problems.push(...problems.map((problem) => locate(file, problem)))
      continue
    }
    const before = present.get(key)
    const input = { ...parsed.data, text: parsed.data.text ?? null }
    const after = templateContent(key, input)
    if (before !== undefined && isDeepStrictEqual(before.content, after)) continue
    plan.templates.push({ key, file, input, id: before?.id ?? null })
    plan.changes.push({
      kind: 'template',
      key,
      name: input.name,
      action: before === undefined ? 'create' : 'update',
      words: before === undefined ? [] : textWords(before.content, after),
    })
  }
}

function textWords(before: Content, after: Content): string[] {
  return ['name', 'subject', 'html', 'text'].flatMap((part) => {
    const [from, to] = [before[part], after[part]]
    if (from === to) return []
    if (part === 'html' || part === 'text') return [`${part}: ${lineWords(String(from ?? ''), String(to ?? ''))}`]
    return [`${part}: “${String(from)}” became “${String(to)}”`]
  })
}

function lineWords(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const gone = old.filter((line) => !now.includes(line)).length
  const come = now.filter((line) => !old.includes(line)).length
  return gone + come === 0 ? 'its lines stand otherwise' : `${come} lines added, ${gone} lines removed`
}

/** The e-mail templates as they will be; `standIn` is the id of those that aren't there yet. */
function plannedTemplates(state: WorkspaceState, folder: Folder, prune: boolean): KeyedTemplate[] {
  const files = folder.files.get('template')!
  const templates = new Map(
    state.templates
      .filter(({ key }) => !prune || files.has(key))
      .map(({ key, id, name, subject, html, text }) => [key, { key, id, name, texts: { subject, html, text } }]),
  )
  for (const [key, { content }] of files) {
    const parsed = emailTemplateInput.safeParse({ ...content, key: undefined })
    const { name = key, subject = '', html = '', text = null } = parsed.success ? parsed.data : {}
    templates.set(key, { key, id: templates.get(key)?.id ?? standIn(key), name, texts: { subject, html, text } })
  }
  return [...templates.values()]
}

/** @returns the files' automations as they will be, by key; those with problems are missing */
function planAutomations(
  state: WorkspaceState,
  folder: Folder,
  context: PlannedContext,
  plan: WorkingPlan,
): ReadonlyMap<string, { file: SourceFile; document: AutomationDocument }> {
  const documents = new Map<string, { file: SourceFile; document: AutomationDocument }>()
  const ids = keysOf(context.templates)
  const keys = new Map(context.templates.map(({ key, id }) => [id, key]))
  const present = new Map(state.automations.map((automation) => [automation.key, automation]))
  for (const [key, file] of folder.files.get('automation')!) {
    const { raw, problems } = savedForm(file.content, ids)
    const valid = validateAutomation(raw, context)
    const found = [...problems, ...(valid.ok ? [] : valid.errors.filter((one) => !sameplace(one, problems)))]
    if (found.length > 0 || !valid.ok) {
      plan.problems.push(...found.map((problem) => locate(file, problem)))
      continue
    }
    documents.set(key, { file, document: valid.document })
    const before = present.get(key)
    const old = before?.content ?? {}
    const head = {
      key,
      name: valid.name,
      description: valid.description,
      status: valid.status ?? String(old.status ?? 'inactive'),
      mode: valid.mode ?? String(old.mode ?? 'live'),
    }
    // as it will be read back
    const document = JSON.parse(JSON.stringify(withoutAuthSecret(valid.document))) as AutomationDocument
    const after = automationContent(head, document, keys)
    if (before !== undefined && isDeepStrictEqual(old, after)) continue
    plan.automations.push({ key, file, id: before?.id ?? null })
    const words = before === undefined ? [] : compareAutomations(comparable(old), comparable(after)).words
    const action = before === undefined ? 'create' : 'update'
    plan.changes.push({ kind: 'automation', key, name: head.name, action, words })
  }
  return documents
}

function planAbsent(state: WorkspaceState, folder: Folder, kind: Kind, prune: boolean, plan: WorkingPlan): void {
  const files = folder.files.get(kind)!
  for (const { key, name } of presentOf(state, kind) as Present[]) {
    if (files.has(key)) continue
    const stays = kind === 'object' && state.objects.get(key)!.standard
    if (stays) continue
    if (prune) plan.changes.push({ kind, key, name, action: 'delete', words: [] })
    else plan.left.push({ kind, key })
  }
}

const pointerOf = (keys: readonly (string | number)[]) => keys.map((key) => `/${key}`).join('')

function sameplace({ path }: Problem, others: readonly Problem[]): boolean {
  return others.some((other) => path.startsWith(other.path))
}

function standIn(key: string): string {
  return `tmpl_${createHash('md5').update(key).digest('hex')}`
}

/** The secret of a webhook's signature is kept apart, and never comes back. */
function withoutAuthSecret(document: AutomationDocument): AutomationDocument {
  const { trigger } = document
  if (trigger.event !== 'webhook.received' || typeof trigger.auth !== 'object') return document
  const { secret: _, ...auth } = trigger.auth
  return { ...document, trigger: { ...trigger, auth } }
}

function comparable(content: Content): AutomationDocument & Content {
  const { key: _, ...rest } = content
  return {
    conditions: { match: 'all', rules: [] },
    ...rest,
  } as never
}

/** Whether a file says what is there already, however it says it. */
export function saysTheSame(
  kind: Kind,
  file: SourceFile,
  present: Present,
  state: WorkspaceState,
  now: number,
): boolean {
  const only: Folder = {
    problems: [],
    files: new Map(KINDS.map((one) => [one, one === kind ? new Map([[present.key, file]]) : new Map()])),
  }
  const { changes, problems } = makePlan(state, only, { prune: kind === 'object', now })
  return problems.length === 0 && !changes.some((change) => change.kind === kind && change.key === present.key)
}
