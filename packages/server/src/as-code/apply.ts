import { isDeepStrictEqual } from 'node:util'
import { ApiError, type Field, objectId, type Problem, uuidOf } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import { deleteAutomation } from '../automations/delete.ts'
import { createAutomation, updateAutomation } from '../automations/save.ts'
import { nestedPool } from '../db/nested.ts'
import type { Client } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { createTemplate, deleteTemplate, updateTemplate } from '../email-templates/store.ts'
import { createField, deleteField, updateField } from '../objects/fields.ts'
import { createObject, deleteObject, updateObject } from '../objects/objects.ts'
import { forgetCatalogue, readCatalogue } from '../records/catalogue.ts'
import { cancelRunsOfAutomation } from '../runs/cancel.ts'
import type { Principal, Services } from '../services.ts'
import { fieldContent } from './content.ts'
import { locate, type SourceFile } from './file.ts'
import { type Folder, FOLDERS } from './folder.ts'
import type { ObjectPlan } from './object-plan.ts'
import { makePlan, type Plan, type WorkingPlan } from './plan.ts'
import { savedForm } from './saved-form.ts'
import { readState, type WorkspaceState } from './state.ts'

/** Files that can't be carried out: nothing was changed. */
export class FilesRefused extends Error {
  readonly problems: Plan['problems']

  constructor(problems: Plan['problems']) {
    super(problems.length === 1 ? 'The files have a problem.' : `The files have ${problems.length} problems.`)
    this.problems = problems
  }
}

/**
 * Makes a workspace what the files say, in one transaction: objects, then templates, then automations; what goes, goes in
 * the opposite order. Each change is made by what the API makes it with, and leaves the same entry in the audit log.
 *
 * @param shown the plan that was agreed to; null: any
 * @throws FilesRefused with the file and line; ApiError CONFLICT when the workspace has changed since the plan was shown
 * Source: SPEC.md, section 14
 */
export async function applyFiles(
  services: Services,
  principal: Principal,
  folder: Folder,
  { prune, shown }: { prune: boolean; shown: Pick<Plan, 'changes'> | null },
): Promise<Plan> {
  const { workspaceId } = principal
  try {
    const done = await transaction(
      services.pool,
      async (client) => {
        await client.query('select 1 from workspaces where id = $1 for update', [workspaceId])
        const state = await readState(client, workspaceId)
        const plan = makePlan(state, folder, { prune, now: services.time.now() })
        if (plan.problems.length > 0) throw new FilesRefused(plan.problems)
        if (shown !== null && !isDeepStrictEqual(plan.changes, shown.changes))
          throw new ApiError('CONFLICT', 'The workspace was changed since the plan was made. Look at the plan again.')
        // what a request's services have they may have from others, so they are not spread
        const inside: Services = Object.create(services, {
          pool: { value: nestedPool(client) },
          wake: { value: () => {} },
        })
        await carryOut(inside, principal, client, state, plan, folder)
        return plan
      },
      { settings: { statement_timeout: '120s', lock_timeout: '15s' } },
    )
    services.wake()
    return done
  } catch (error) {
    forgetCatalogue(workspaceId)
    throw error
  }
}

async function carryOut(
  services: Services,
  principal: Principal,
  client: Client,
  state: WorkspaceState,
  plan: WorkingPlan,
  folder: Folder,
): Promise<void> {
  const { workspaceId } = principal
  for (const one of plan.objects) await inFile(one.file, () => makeObject(services, principal, one, state))
  // fields may point at objects that come later
  for (const one of plan.objects) await inFile(one.file, () => makeFields(services, principal, one))
  await freeNames(client, workspaceId, state, plan)
  for (const { key, file, input, id } of plan.templates)
    await inFile(file, async () => {
      if (id !== null) await updateTemplate(services, principal, id, input)
      else await createTemplate(services, principal, input, async () => {})
      await client.query(
        'update email_templates set key = $3 where workspace_id = $1 and name = $2 and key is distinct from $3',
        [workspaceId, input.name, key],
      )
    })
  const { templates } = await readState(client, workspaceId)
  const ids = new Map(templates.map((template) => [template.key, template.id]))
  for (const { key, file, id } of plan.automations)
    await inFile(file, async () => {
      const { raw } = savedForm(file.content, ids)
      const { row } =
        id === null
          ? await createAutomation(services, principal, raw)
          : await updateAutomation(services, principal, id, raw)
      await client.query('update automations set key = $3 where workspace_id = $1 and id = $2', [
        workspaceId,
        row.id,
        key,
      ])
    })
  await keepKeys(client, workspaceId, state, folder)
  await prune(services, principal, state, plan)
}

/** Names that go from one e-mail template to another are free before anybody takes them. */
async function freeNames(client: Client, workspaceId: string, state: WorkspaceState, plan: WorkingPlan): Promise<void> {
  const wanted = new Map(plan.templates.map(({ key, input }) => [input.name, key]))
  const changing = new Set(plan.changes.flatMap(({ kind, key }) => (kind === 'template' ? [key] : [])))
  for (const { id, key, name } of state.templates) {
    const taker = wanted.get(name)
    if (taker === undefined || taker === key || !changing.has(key)) continue
    await client.query('update email_templates set name = $3 where workspace_id = $1 and id = $2', [
      workspaceId,
      uuidOf('template', id),
      `${name} (${id})`,
    ])
  }
}

/** What has a file keeps its key from now on, whatever it will be called. */
async function keepKeys(client: Client, workspaceId: string, state: WorkspaceState, folder: Folder): Promise<void> {
  for (const { id, key, keyed } of state.automations)
    if (!keyed && folder.files.get('automation')!.has(key))
      await client.query('update automations set key = $3 where workspace_id = $1 and id = $2', [workspaceId, id, key])
  for (const { name, key, keyed } of state.templates)
    if (!keyed && folder.files.get('template')!.has(key))
      await client.query('update email_templates set key = $3 where workspace_id = $1 and name = $2 and key is null', [
        workspaceId,
        name,
        key,
      ])
}

async function makeObject(
  services: Services,
  principal: Principal,
  { object, before }: ObjectPlan,
  state: WorkspaceState,
): Promise<void> {
  const { workspaceId } = principal
  const { slug, name, icon, description } = object
  if (before === null) {
    const fields = object.fields.filter((field) => isReady(field, state)).map(fieldContent)
    await createObject(
      services,
      workspaceId,
      { slug, name, icon, description, fields: fields as never },
      (client, made) => audit(client, principal, 'object.created', objectId(made.slug)),
    )
    return
  }
  if (before.name === name && before.icon === icon && before.description === description) return
  const patch = { name, icon, description }
  await updateObject(services, workspaceId, slug, patch, (client) =>
    audit(client, principal, 'object.updated', objectId(slug), patch),
  )
}

/** A reference to an object that isn't there yet comes when all objects are. */
function isReady({ options }: Field, state: WorkspaceState): boolean {
  return options?.object === undefined || state.objects.has(options.object)
}

async function makeFields(services: Services, principal: Principal, plan: ObjectPlan): Promise<void> {
  const { object, before, absent } = plan
  const { workspaceId } = principal
  const current = (await readCatalogue(services.pool, workspaceId)).objects.get(object.slug)!
  const order = current.fields.map(({ slug }) => slug)
  for (const field of object.fields) {
    const old = current.fields.find(({ slug }) => slug === field.slug)
    const name = `${object.slug}.${field.slug}`
    if (old === undefined) {
      await createField(services, workspaceId, object.slug, fieldContent(field) as never, (client, made) =>
        audit(client, principal, 'field.created', name, { type: made.field.type }),
      )
      order.push(field.slug)
    } else if (before !== null && !isDeepStrictEqual(fieldContent(old), fieldContent(field))) {
      const { name: title, type, required, unique, default_value, options } = field
      const patch = { name: title, type, required, unique, default_value, options }
      await updateField(
        services,
        workspaceId,
        object.slug,
        field.slug,
        patch as never,
        (client) => audit(client, principal, 'field.updated', name, patch),
        // that no automation breaks, as it will be then, is known by the plan
        'judged',
      )
    }
  }
  const kept = absent.map(({ slug }) => slug)
  const wanted = [...object.fields.map(({ slug }) => slug), ...kept]
  const relevant = order.filter((slug) => !kept.includes(slug))
  if (
    isDeepStrictEqual(
      relevant,
      object.fields.map(({ slug }) => slug),
    )
  )
    return
  for (const [position, slug] of wanted.entries()) {
    if (order[position] === slug) continue
    await updateField(services, workspaceId, object.slug, slug, { position }, (client) =>
      audit(client, principal, 'field.updated', `${object.slug}.${slug}`, { position }),
    )
    order.splice(order.indexOf(slug), 1)
    order.splice(position, 0, slug)
  }
}

async function prune(
  services: Services,
  principal: Principal,
  state: WorkspaceState,
  plan: WorkingPlan,
): Promise<void> {
  const { workspaceId } = principal
  const gone = (kind: Plan['changes'][number]['kind']) =>
    new Set(plan.changes.filter((one) => one.action === 'delete' && one.kind === kind).map(({ key }) => key))
  const automations = gone('automation')
  for (const { id, key } of state.automations)
    if (automations.has(key))
      await inFile(`${FOLDERS.automation}/${key}.yaml`, () =>
        deleteAutomation(services, principal, id, (client, workspace, automation) =>
          cancelRunsOfAutomation(client, services.time, workspace, automation),
        ),
      )
  const templates = gone('template')
  for (const { id, key } of state.templates)
    if (templates.has(key))
      await inFile(`${FOLDERS.template}/${key}.yaml`, () => deleteTemplate(services, principal, id))
  const isPruned = new Set(plan.changes.flatMap(({ kind, key }) => (kind === 'object' ? [key] : [])))
  for (const { object, absent, file } of plan.objects)
    for (const { slug } of absent)
      if (isPruned.has(object.slug) && plan.left.every(({ key }) => key !== `${object.slug}.${slug}`))
        await inFile(file, () =>
          deleteField(services, workspaceId, object.slug, slug, (client) =>
            audit(client, principal, 'field.deleted', `${object.slug}.${slug}`),
          ),
        )
  for (const slug of gone('object'))
    await inFile(`${FOLDERS.object}/${slug}.yaml`, () =>
      deleteObject(services, workspaceId, slug, false, (client) =>
        audit(client, principal, 'object.deleted', objectId(slug), { force: false }),
      ),
    )
}

/** What refuses a change says where it stands. @param file its path alone where what has no file any more is deleted */
async function inFile(file: SourceFile | string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (typeof file === 'string')
      throw new FilesRefused([{ file, line: 1, message: `It is gone, but can't be deleted: ${error.message}` }])
    const problems = (error.details as { errors?: Problem[] } | undefined)?.errors ?? []
    const said = problems.length > 0 ? problems : [{ path: '', message: error.message }]
    throw new FilesRefused(said.map((problem) => locate(file, problem)))
  }
}
