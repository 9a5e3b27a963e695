import { getVersionRoute } from '@kantos/model'
import { Group, Modal, SegmentedControl, Select, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Json } from '../../../components/run/json.tsx'
import { ErrorState, LoadingRows } from '../../../components/states.tsx'
import { call } from '../../../lib/client.ts'
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

/** Two versions: what changed in words, or both as JSON side by side. */
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
      {as === 'words' ? <InWords id={id} from={from} to={to} /> : <AsJson id={id} versions={[from, to]} />}
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

function AsJson({ id, versions }: { id: string; versions: readonly number[] }) {
  return (
    <div className={classes['sides']}>
      {versions.map((version, index) => (
        <OneVersion key={index} id={id} version={version} />
      ))}
    </div>
  )
}

function OneVersion({ id, version }: { id: string; version: number }) {
  const found = useQuery({
    queryKey: [...keys.versions(id), version],
    queryFn: ({ signal }) => call(getVersionRoute, { params: { id, n: String(version) } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (found.isPending) return <LoadingRows rows={3} />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const { version: _, current: __, created_at: ___, created_by: ____, ...document } = found.data
  return (
    <section>
      <Title order={3} size="h3" mb={8}>
        {words.number(version)}
      </Title>
      <Json value={document} />
    </section>
  )
}
