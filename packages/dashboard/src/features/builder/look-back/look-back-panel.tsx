import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconTimelineEvent } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { ErrorNote } from '../../../components/states.tsx'
import { number } from '../../../lib/time.ts'
import { strings } from '../../../strings/builder.ts'
import { Panel } from '../panel/panel.tsx'
import { LookBackResult } from './look-back-result.tsx'
import type { useLookBack } from './use-look-back.ts'

const words = strings.lookBack

interface LookBackPanelProps {
  look: ReturnType<typeof useLookBack>
  /** it was saved once */
  isSaved: boolean
  isDirty: boolean
  hasErrors: boolean
  /** the choice between this and trying it */
  tabs: ReactNode
  onClose(): void
}

/** What the automation would have done with the events of the last days. */
export function LookBackPanel({ look, isSaved, isDirty, hasErrors, tabs, onClose }: LookBackPanelProps) {
  const { times, setTimes, isRunning, progress, result, error } = look
  const footer = isRunning ? (
    <Button variant="default" onClick={look.stop} flex={1}>
      {words.stop}
    </Button>
  ) : (
    <Button
      onClick={look.run}
      disabled={!isSaved || hasErrors || times.from === ''}
      leftSection={<IconTimelineEvent size={16} aria-hidden />}
      flex={1}
    >
      {result === null ? words.run : words.again}
    </Button>
  )
  return (
    <Panel title={words.title} subtitle={words.intro} onClose={onClose} footer={footer}>
      <Stack gap="md">
        {tabs}
        {isSaved ? (
          <Group gap={8} grow>
            <TextInput
              type="date"
              label={words.from}
              value={times.from}
              max={times.to === '' ? undefined : times.to}
              onChange={(event) => setTimes({ ...times, from: event.currentTarget.value })}
              disabled={isRunning}
            />
            <TextInput
              type="date"
              label={words.to}
              value={times.to}
              min={times.from}
              onChange={(event) => setTimes({ ...times, to: event.currentTarget.value })}
              disabled={isRunning}
            />
          </Group>
        ) : (
          <Text size="sm">{words.saveFirst}</Text>
        )}
        {isSaved && isDirty && !hasErrors ? (
          <Text size="xs" c="dimmed">
            {words.ofDraft}
          </Text>
        ) : null}
        {hasErrors && isSaved ? (
          <Text size="sm" c="dimmed">
            {strings.try.solve}
          </Text>
        ) : null}
        {isRunning ? (
          <Text size="sm" role="status" className="numbers">
            {progress === null
              ? words.running
              : words.progress(number(progress.scanned), number(progress.would_run), progress.at.slice(0, 10))}
          </Text>
        ) : null}
        {!isRunning && result === null && progress !== null && error === null ? (
          <Text size="sm" c="dimmed" role="status">
            {words.stopped}
          </Text>
        ) : null}
        {error === null ? null : <ErrorNote error={error} />}
        {result !== null && look.isStale ? (
          <Text size="xs" c="dimmed">
            {words.stale}
          </Text>
        ) : null}
        {result === null || look.tried === null ? null : (
          <LookBackResult result={result} conditions={look.tried.conditions} />
        )}
      </Stack>
    </Panel>
  )
}
