import { Button, Group, Progress, Stack, Table, Text, Title } from '@mantine/core'
import type { ImportAnswer, ObjectAnswer } from '@kantos/model'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ErrorNote, ErrorState, Loading } from '../../../components/states.tsx'
import { notifyError } from '../../../lib/notify.ts'
import { keys } from '../../../lib/query-keys.ts'
import { number } from '../../../lib/time.ts'
import { recordStrings } from '../../../strings/records.ts'
import { importQuery, stopImport } from './api.ts'
import classes from './import.module.css'

const words = recordStrings.import
const HEADINGS: Record<ImportAnswer['status'], string> = {
  queued: words.queued,
  running: words.running,
  done: words.done,
  failed: words.failed,
  cancelled: words.cancelled,
}

/** How far an import is, and which rows it refused with why. */
export function ImportProgress({ id, object, onAgain }: { id: string; object: ObjectAnswer; onAgain: () => void }) {
  const found = useQuery(importQuery(id))
  const queryClient = useQueryClient()
  const created = found.data?.created
  useEffect(() => {
    if (created !== undefined) void queryClient.invalidateQueries({ queryKey: keys.records(object.slug) })
  }, [created, queryClient, object.slug])

  const stop = useMutation({
    mutationFn: () => stopImport(id),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.recordImport(id) }),
  })

  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const { status, total, processed, failed, errors, error } = found.data
  const ended = status !== 'queued' && status !== 'running'
  const share = ended ? 100 : total === null || total === 0 ? 0 : (processed / total) * 100

  return (
    <Stack gap="lg">
      <div role="status">
        <Title order={2}>{HEADINGS[status]}</Title>
        {!ended && (
          <Text size="sm" c="dimmed">
            {total !== null && `${words.progress(number(processed), number(total))}. `}
            {words.stay}
          </Text>
        )}
      </div>
      <Progress
        value={share}
        aria-label={HEADINGS[status]}
        animated={!ended}
        color={status === 'failed' ? 'red' : undefined}
      />
      <div className={classes.figures}>
        <Figure label={words.created} value={found.data.created} />
        <Figure label={words.rejected} value={failed} />
      </div>
      {error !== null && <ErrorNote error={new Error(error)} />}
      {errors.length > 0 && (
        <section aria-label={words.errors}>
          <Title order={3} mb="xs">
            {words.errors}
          </Title>
          {errors.length < failed && (
            <Text size="sm" c="dimmed" mb="xs">
              {words.errorsCut(number(errors.length), number(failed))}
            </Text>
          )}
          <div className={classes.table}>
            <Table>
              <Table.Tbody>
                {errors.slice(0, 200).map(({ line, message, field }) => (
                  <Table.Tr key={`${line} ${field} ${message}`}>
                    <Table.Td className="numbers" w={88} style={{ whiteSpace: 'nowrap', verticalAlign: 'top' }}>
                      {words.line(line)}
                    </Table.Td>
                    <Table.Td>{message}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </section>
      )}
      {!ended && (
        <Group>
          <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
            {words.stop}
          </Button>
        </Group>
      )}
      {ended && (
        <Group>
          <Button component={Link} to="/objects/$slug" params={{ slug: object.slug } as never}>
            {words.show}
          </Button>
          <Button variant="default" onClick={onAgain}>
            {words.another}
          </Button>
        </Group>
      )}
    </Stack>
  )
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <div>
      <Text size="xl" fw={600} className="numbers">
        {number(value)}
      </Text>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
    </div>
  )
}
