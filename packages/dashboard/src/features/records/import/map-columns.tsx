import { Button, Group, List, Select, Stack, Table, Text, Title } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Notice } from '../../../components/notice.tsx'
import { ErrorNote } from '../../../components/states.tsx'
import { number } from '../../../lib/time.ts'
import { recordStrings } from '../../../strings/records.ts'
import { type ImportPreview, type Mapping, mappedPreviewQuery, startImport } from './api.ts'
import { guessFields } from './guess-fields.ts'
import classes from './import.module.css'

const words = recordStrings.import
const PROBLEMS_SHOWN = 8

interface MapColumnsProps {
  object: ObjectAnswer
  file: File
  /** with the fields that the columns are called like */
  preview: ImportPreview
  /** gets the import's id */
  onStarted: (id: string) => void
  onAgain: () => void
}

/** Which column fills which field, which rows would be refused, and what the import would start. */
export function MapColumns({ object, file, preview, onStarted, onAgain }: MapColumnsProps) {
  const [mapping, setMapping] = useState<Mapping>(() => guessFields(preview.columns, object.fields))
  const mapped = useQuery(mappedPreviewQuery(object.slug, file, mapping))
  const isStale = mapped.data === undefined || mapped.isPlaceholderData
  const start = useMutation({
    mutationFn: () => startImport(object.slug, file, mapping),
    onSuccess: ({ id }) => onStarted(id),
  })
  const chosen = new Set(Object.values(mapping))
  const missing = object.fields.filter(
    ({ required, default_value: value, slug }) => required && value === null && !chosen.has(slug),
  )
  const { runs, exact, problems, refused, checked, total, isEstimate } = mapped.data ?? preview
  const automations = (mapped.data ?? preview).automations.filter((automation) => automation.runs > 0)
  // what the first look found is not yet what this mapping would do
  const good = isStale ? total : total - refused
  const nothing = total === 0 ? words.noRows : good === 0 ? words.noneFits(total) : null
  const rows = isEstimate ? words.about(number(roughly(total))) : number(total)

  return (
    <Stack gap="lg">
      <div>
        <Title order={2}>{words.mapping}</Title>
        <Text size="sm" c="dimmed">
          {file.name} · {words.rows(rows)}. {words.mappingText}
        </Text>
      </div>
      <div className={`${classes.table} ${classes.mapping}`}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.column}</Table.Th>
              <Table.Th>{words.field}</Table.Th>
              <Table.Th>{words.sample}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {preview.columns.map(({ name }) => (
              <Table.Tr key={name}>
                <Table.Td fw={500}>{name}</Table.Td>
                <Table.Td>
                  <Select
                    aria-label={`${words.field}: ${name}`}
                    placeholder={words.leaveOut}
                    clearable
                    searchable
                    value={mapping[name] ?? null}
                    data={object.fields
                      .filter(({ slug }) => slug === mapping[name] || !chosen.has(slug))
                      .map(({ slug, name: label }) => ({ value: slug, label }))}
                    onChange={(slug) => setMapping({ ...mapping, [name]: slug })}
                  />
                </Table.Td>
                <Table.Td>
                  <div className={`${classes.sample} truncate`}>
                    {preview.rows
                      .slice(0, 3)
                      .map((row) => row[name])
                      .filter((value) => value !== undefined && value !== '')
                      .join(' · ')}
                  </div>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <div className={classes.starts} role="status" aria-busy={isStale}>
        {automations.length === 0 ? (
          <Text size="sm">{words.startsNone}</Text>
        ) : (
          <>
            <Text size="sm" fw={500}>
              {words.starts(exact ? number(runs) : words.about(number(roughly(runs))), runs, automations.length)}
            </Text>
            <ul className={classes.names}>
              {automations.map(({ id, name, runs: own }) => (
                <li key={id}>{words.startsOf(name, exact ? number(own) : words.about(number(roughly(own))))}</li>
              ))}
            </ul>
          </>
        )}
      </div>
      {problems.length > 0 && (
        <Notice tone="warn" title={words.refused(refused, checked >= total)} aria-busy={isStale}>
          <List size="sm">
            {problems.slice(0, PROBLEMS_SHOWN).map(({ line, message, field }) => (
              <List.Item key={`${line} ${field} ${message}`}>
                {words.line(line)}: {message}
              </List.Item>
            ))}
          </List>
          {refused > PROBLEMS_SHOWN && <Text size="sm">{words.refusedMore(refused - PROBLEMS_SHOWN)}</Text>}
          {checked < total && (
            <Text size="sm" c="dimmed" mt="xs">
              {words.refusedChecked(checked)}
            </Text>
          )}
        </Notice>
      )}
      {missing.length > 0 && (
        <Text size="sm" c="var(--k-bad)">
          {words.required(missing.map(({ name }) => name).join(', '))}
        </Text>
      )}
      <ErrorNote error={start.error ?? mapped.error} />
      <Group justify="flex-end">
        {nothing !== null && missing.length === 0 && (
          <Text size="sm" c="dimmed" id="nothing-to-import" role="status">
            {nothing}
          </Text>
        )}
        <Button variant="default" onClick={onAgain}>
          {words.again}
        </Button>
        <Button
          onClick={() => start.mutate()}
          loading={start.isPending}
          disabled={missing.length > 0 || nothing !== null}
          aria-describedby={nothing === null ? undefined : 'nothing-to-import'}
        >
          {words.submit({ good, total, areAllChecked: checked >= total, isEstimate })}
        </Button>
      </Group>
    </Stack>
  )
}

/** A count to three digits: 48,217 → 48,200. */
function roughly(count: number): number {
  return count < 1000 ? count : Number(count.toPrecision(3))
}
