import { getRouteApi } from '@tanstack/react-router'
import { useObjects } from '../../../lib/objects.ts'
import { ObjectFields } from './object-fields.tsx'
import { ObjectsList } from './objects-list.tsx'

const route = getRouteApi('/shell/settings/$section')

/** The objects, or the fields of one (`?object=leads`). Source: SPEC.md, section 2 */
export default function ObjectsSection() {
  const { object } = route.useSearch()
  const found = useObjects().find(({ slug }) => slug === object)
  return found === undefined ? <ObjectsList /> : <ObjectFields key={found.slug} object={found} />
}
