import { listObjectsRoute, type ObjectAnswer } from '@kantos/model'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { call } from './client.ts'
import { keys } from './query-keys.ts'

/** All objects with their fields, in the order of the sidebar. */
export const objectsQuery = queryOptions({
  queryKey: keys.objects,
  queryFn: async ({ signal }) => (await call(listObjectsRoute, undefined, { signal })).data,
  staleTime: 60_000,
})

const NONE: ObjectAnswer[] = []

/** All objects; empty until they are read. */
export function useObjects(): ObjectAnswer[] {
  return useQuery(objectsQuery).data ?? NONE
}

/** The object of a slug or id (`leads`, `obj_leads`, `obj_def_leads`); undefined when there is none or it isn't read yet. */
export function useObject(reference: string | null | undefined): ObjectAnswer | undefined {
  const objects = useObjects()
  return reference ? findObject(objects, reference) : undefined
}

/** The object that a reference names. */
export function findObject(objects: readonly ObjectAnswer[], reference: string): ObjectAnswer | undefined {
  const slug = reference.replace(/^obj_(?:def_)?/, '')
  return objects.find((object) => object.slug === slug)
}

const IRREGULAR: Record<string, string> = { people: 'person', companies: 'company' }

/** One of an object, in small letters within a sentence: Leads → "lead", Companies → "company". */
export function singular(name: string): string {
  const low = name.toLowerCase()
  if (IRREGULAR[low] !== undefined) return IRREGULAR[low]
  if (low.endsWith('ies')) return `${low.slice(0, -3)}y`
  if (/(?:ses|xes|ches|shes)$/.test(low)) return low.slice(0, -2)
  return low.endsWith('s') && !low.endsWith('ss') ? low.slice(0, -1) : low
}

/** A word at the beginning of a line: lead → "Lead". */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
