import { compareVersionsRoute } from '@kantos/model'
import { Button, Text } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../../lib/client.ts'
import { keys } from '../../../lib/query-keys.ts'
import { strings } from '../../../strings/builder.ts'
import classes from './versions.module.css'

const words = strings.version
const LINES = 3

/** What differs between two versions; they never change. */
export const comparisonQuery = (id: string, from: number, to: number) =>
  queryOptions({
    queryKey: [...keys.versions(id), 'compare', from, to],
    queryFn: ({ signal }) =>
      call(compareVersionsRoute, { params: { id, n: String(from), other: String(to) } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })

interface VersionChangesProps {
  id: string
  version: number
  /** else when it is asked for */
  isShown: boolean
}

/** What a version changed against the one before it, in a few lines. */
export function VersionChanges({ id, version, isShown }: VersionChangesProps) {
  const [isWanted, setIsWanted] = useState(false)
  const [isWhole, setIsWhole] = useState(false)
  const enabled = version > 1 && (isShown || isWanted)
  const compared = useQuery({ ...comparisonQuery(id, version - 1, version), enabled })
  if (version === 1)
    return (
      <Text size="xs" c="dimmed">
        {words.first}
      </Text>
    )
  if (!enabled)
    return (
      <Button
        variant="subtle"
        color="gray"
        size="compact-xs"
        w="fit-content"
        onClick={() => setIsWanted(true)}
        aria-label={words.changed(version)}
      >
        {words.whatChanged}
      </Button>
    )
  const lines = compared.data?.words
  if (lines === undefined) return null
  return (
    <>
      <ul className={classes['changes']} aria-label={words.changed(version)}>
        {lines.length === 0 ? <li>{words.sameWords}</li> : null}
        {lines.slice(0, isWhole ? undefined : LINES).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {lines.length > LINES && !isWhole ? (
        <Button variant="subtle" color="gray" size="compact-xs" w="fit-content" onClick={() => setIsWhole(true)}>
          {strings.moreChanges(lines.length - LINES)}
        </Button>
      ) : null}
    </>
  )
}
