import { getRouteApi } from '@tanstack/react-router'
import { NoObject } from './no-object.tsx'
import { useObject } from '../../lib/objects.ts'
import { RecordsTable } from './records-table.tsx'

const route = getRouteApi('/shell/objects/$slug')

/** The records of one object, as a table. Source: SPEC.md, section 13 */
export function RecordsPage() {
  const { slug } = route.useParams()
  const object = useObject(slug)
  if (object === undefined) return <NoObject />
  return <RecordsTable key={object.slug} object={object} />
}
