import { Button, Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { ErrorNote, LoadingRows } from '../../components/states.tsx'
import { recordStrings } from '../../strings/records.ts'
import { recordEventsQuery } from './api.ts'
import { HistoryEvent } from './history-event.tsx'
import classes from './record-page.module.css'

const words = recordStrings.history

/** What happened to a record, and for each event every automation with why it ran or not. Source: SPEC.md, section 9 */
export function RecordHistory({ id }: { id: string }) {
  const history = useInfiniteQuery(recordEventsQuery(id))
  const events = history.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <section className={classes.history} aria-label={recordStrings.page.history}>
      <Title order={2} className={classes.heading}>
        {recordStrings.page.history}
      </Title>
      {history.isPending && <LoadingRows rows={4} />}
      {history.isError && <ErrorNote error={history.error} onRetry={() => void history.refetch()} />}
      {history.data !== undefined && events.length === 0 && (
        <Text size="sm" c="dimmed">
          {words.empty}
        </Text>
      )}
      <ol className={classes.events}>
        {events.map((event) => (
          <HistoryEvent key={event.id} event={event} />
        ))}
      </ol>
      {history.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          loading={history.isFetchingNextPage}
          onClick={() => void history.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </section>
  )
}
