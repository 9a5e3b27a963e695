import { type ObjectAnswer, queryRecordsRoute, type Scope, type User } from '@kantos/model'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { call } from '../../lib/client.ts'
import { useObject, useObjects } from '../../lib/objects.ts'
import { keys } from '../../lib/query-keys.ts'
import { useSession } from '../../lib/session.ts'
import { useUsers } from '../../lib/users.ts'
import { sampleQuery, scopeOf } from './sample.ts'

/** The record that an e-mail is tried with. */
export interface TemplateSample {
  object: ObjectAnswer | undefined
  /** @param slug of another object, whose newest record is taken */
  setObject(slug: string | null): void
  /** null: there is none */
  recordId: string | null
  setRecordId(id: string | null): void
  scope: Scope
  follow(id: string): Readonly<Record<string, unknown>> | null
}

/** The object whose fields a template names most, the first one when it names none; null while they aren't read. */
export function objectOf(written: string, objects: readonly ObjectAnswer[]): string | null {
  const slugs = new Set([...written.matchAll(/\b(?:record|previous)\.([a-z][a-z0-9_]*)/g)].map(([, slug]) => slug))
  const hits = ({ fields }: ObjectAnswer): number => fields.filter(({ slug }) => slugs.has(slug)).length
  return (
    objects.reduce<ObjectAnswer | null>((best, one) => (best === null || hits(one) > hits(best) ? one : best), null)
      ?.slug ?? null
  )
}

function userBehind(users: readonly User[], id: string): Readonly<Record<string, unknown>> | null {
  const user = users.find((one) => one.id === id)
  return user === undefined ? null : { ...user }
}

/** The chosen record of an object, its newest one until one is chosen, as templates see it. @param written subject, HTML and text */
export function useTemplateSample(written: string): TemplateSample {
  const session = useSession()
  const users = useUsers()
  const objects = useObjects()
  const [begun] = useState(written)
  const [other, setSlug] = useState<string | null>(null)
  const guessed = useMemo(() => objectOf(begun, objects), [begun, objects])
  const slug = other ?? guessed
  const [chosen, setRecordId] = useState<string | null>(null)
  const object = useObject(slug)
  const newest = useQuery({
    queryKey: keys.records(slug ?? '', { newest: true }),
    enabled: slug !== null,
    queryFn: ({ signal }) =>
      call(
        queryRecordsRoute,
        { query: { object_id: slug!, per_page: 1, sort: 'created_at', order: 'desc' } },
        { signal },
      ),
  })
  const recordId = chosen ?? newest.data?.data[0]?.id ?? null
  const { data: sample } = useQuery(sampleQuery(recordId, object))
  return {
    object,
    setObject: (next) => {
      setRecordId(null)
      setSlug(next)
    },
    recordId,
    setRecordId,
    scope: useMemo(() => scopeOf(sample, session), [sample, session]),
    follow: useCallback((id) => sample?.referenced.get(id) ?? userBehind(users, id), [sample, users]),
  }
}
