import { getVersionRoute } from '@kantos/model'
import { Group, Modal, SegmentedControl, Select, Stack, Text } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { ErrorState, LoadingRows } from '../../../components/states.tsx'
import { call } from '../../../lib/client.ts'
import { diffLines, withContext } from '../../../lib/diff-lines.ts'
import { keys } from '../../../lib/query-keys.ts'
import { strings } from '../../../strings/builder.ts'
import { strings as common } from '../../../strings/common.ts'
import classes from './versions.module.css'
import { ChangeList } from './change-list.tsx'
import { comparisonQuery } from './version-changes.tsx'

const words = strings.version

interface CompareVersionsProps {
  id: string
  /** number of the newest version */
  newest: number
  /** null: closed */
  pair: readonly [from: number, to: number] | null
  onChange(pair: [from: number, to: number] | null): void
}

/** Two versions: what changed in words, or line by line in their JSON. */
export function CompareVersions({ id, newest, pair, onChange }: CompareVersionsProps) {
  return (
    <Modal
      opened={pair !== null}
      onClose={() => onChange(null)}
      closeButtonProps={{ 'aria-label': common.close }}
      title={pair === null ? '' : words.compareTitle(...pair)}
      size="xl"
    >
      {pair === null ? null : <Compared id={id} newest={newest} pair={pair} onChange={onChange} />}
    </Modal>
  )
}

type ComparedProps = CompareVersionsProps & { pair: readonly [from: number, to: number] }

function Compared({ id, newest, pair: [from, to], onChange }: ComparedProps) {
  const [as, setAs] = useState<'words' | 'json'>('words')
  const numbers = Array.from({ length: newest }, (_, index) => String(newest - index))
  const choice = (label: string, value: number, change: (version: number) => void) => (
    <Select
      label={label}
      data={numbers.map((one) => ({ value: one, label: words.number(Number(one)) }))}
      value={String(value)}
      onChange={(next) => next !== null && change(Number(next))}
      allowDeselect={false}
      searchable={newest > 20}
    />
  )
  return (
    <Stack gap="md">
      <Group gap="md" align="flex-end">
        {choice(words.comparedFrom, from, (version) => onChange([version, to]))}
        {choice(words.comparedTo, to, (version) => onChange([from, version]))}
        <SegmentedControl
          aria-label={words.compare}
          value={as}
          onChange={(next) => setAs(next as typeof as)}
          data={[
            { value: 'words', label: words.inWords },
            { value: 'json', label: words.asJson },
          ]}
        />
      </Group>
      {as === 'words' ? <InWords id={id} from={from} to={to} /> : <AsJson id={id} from={from} to={to} />}
    </Stack>
  )
}

function InWords({ id, from, to }: { id: string; from: number; to: number }) {
  const compared = useQuery({ ...comparisonQuery(id, from, to), enabled: from !== to })
  if (from === to) return <Text size="sm">{words.sameWords}</Text>
  if (compared.isPending) return <LoadingRows rows={3} />
  if (compared.isError) return <ErrorState error={compared.error} onRetry={() => void compared.refetch()} />
  return <ChangeList lines={compared.data.words} empty={words.sameWords} />
}

/** Lines that are kept around a change. */
const CONTEXT = 3

function AsJson({ id, from, to }: { id: string; from: number; to: number }) {
  const before = useQuery(versionTextQuery(id, from))
  const after = useQuery(versionTextQuery(id, to))
  const lines = useMemo(
    () =>
      before.data === undefined || after.data === undefined
        ? null
        : withContext(diffLines(before.data, after.data), CONTEXT),
    [before.data, after.data],
  )
  const failed = [before, after].find(({ isError }) => isError)
  if (failed !== undefined) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
  if (lines === null) return <LoadingRows rows={3} />
  if (lines.every(({ kind }) => kind === 'left-out')) return <Text size="sm">{words.sameWords}</Text>
  return (
    // what scrolls can be reached by keyboard
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <div className={classes['diff']} role="region" aria-label={words.asJson} tabIndex={0}>
      {lines.map((line, at) =>
        line.kind === 'left-out' ? (
          <p key={at} className={classes['leftOut']}>
            {words.leftOut(line.count)}
          </p>
        ) : (
          <div key={at} className={classes['line']} data-kind={line.kind}>
            {line.kind === 'same' ? null : <span className="visually-hidden">{words.lines[line.kind]}: </span>}
            <span aria-hidden>{line.kind === 'same' ? ' ' : line.kind === 'added' ? '+' : '−'}</span>
            {line.kind === 'removed' ? (
              <del>{line.text}</del>
            ) : line.kind === 'added' ? (
              <ins>{line.text}</ins>
            ) : (
              line.text
            )}
          </div>
        ),
      )}
    </div>
  )
}

/** A version as lines of JSON. */
function versionTextQuery(id: string, version: number) {
  return queryOptions({
    queryKey: [...keys.versions(id), version],
    queryFn: ({ signal }) => call(getVersionRoute, { params: { id, n: String(version) } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    select: ({ version: _, current: __, created_at: ___, created_by: ____, ...document }): string[] =>
      JSON.stringify(document, null, 2).split('\n'),
  })
}
