import type { DryRun, ObjectAnswer } from '@kantos/model'
import { Button, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { FieldValues } from '../../../actions/field-values.tsx'
import { EditorProvider, useEditor } from '../../../components/editor/context.tsx'
import { ErrorNote } from '../../../components/states.tsx'
import { RecordPicker } from '../../../components/values/record-picker.tsx'
import { singular } from '../../../lib/objects.ts'
import { strings } from '../../../strings/builder.ts'
import { Panel } from '../panel/panel.tsx'
import { newestRecord } from '../state/use-sample.ts'
import { sampleRecord } from './sample-record.ts'
import { likelyChange, type TryChoice, wantsChange } from './try-input.ts'
import { TryResult } from './try-result.tsx'

const words = strings.try

interface TryPanelProps {
  trigger: Readonly<Record<string, unknown>>
  object: ObjectAnswer | undefined
  choice: TryChoice
  /** the call that is proposed, as JSON text */
  draftBody: string
  onChoice(choice: TryChoice): void
  result: DryRun | null
  isStale: boolean
  error: unknown
  isRunning: boolean
  hasErrors: boolean
  /** the choice between this and looking back */
  tabs: ReactNode
  onRun(): void
  onClear(): void
  onSelect(node: string): void
  onClose(): void
}

/** A dry run beside the flow: with which record or change, and what would happen. */
export function TryPanel(props: TryPanelProps) {
  const { trigger, result, isStale, error, isRunning, hasErrors, onRun, onClear, onClose } = props
  const chosen = trigger['event'] !== undefined
  const footer = (
    <>
      {result === null ? null : (
        <Button variant="default" onClick={onClear}>
          {words.clear}
        </Button>
      )}
      <Button
        onClick={onRun}
        loading={isRunning}
        disabled={!chosen || hasErrors}
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
        flex={1}
      >
        {result === null ? words.run : words.again}
      </Button>
    </>
  )
  return (
    <Panel title={words.title} subtitle={words.intro} onClose={onClose} footer={footer}>
      <Stack gap="md">
        {props.tabs}
        {chosen ? <Choice {...props} /> : <Text size="sm">{words.chooseTrigger}</Text>}
        {hasErrors && chosen ? (
          <Text size="sm" c="dimmed">
            {words.solve}
          </Text>
        ) : null}
        {error === null || error === undefined ? null : <ErrorNote error={error} />}
        {result !== null && isStale ? (
          <Text size="xs" c="dimmed">
            {words.stale}
          </Text>
        ) : null}
        {result === null ? null : <TryResult run={result} object={props.object} onSelect={props.onSelect} />}
      </Stack>
    </Panel>
  )
}

function Choice({ trigger, object, choice, draftBody, onChoice }: TryPanelProps) {
  const editor = useEditor()
  const [json, setJson] = useState(choice.body ?? draftBody)
  const newest = useQuery({ ...newestRecord(object?.slug ?? ''), enabled: object !== undefined })
  const proposed = choice.recordId === null && choice.source === 'record' ? (newest.data ?? null) : null
  useEffect(() => {
    if (proposed === null) return
    onChoice({ ...choice, recordId: proposed.id, changes: likelyChange(trigger, proposed, object) })
    // proposed once for each object
  }, [proposed?.id]) // oxlint-disable-line react-hooks/exhaustive-deps
  // where no record is yet, one is invented
  const isInvented = choice.source === 'invented' || Object.keys(choice.invented).length > 0
  const isEmpty = newest.data === null && choice.recordId === null && !isInvented
  useEffect(() => {
    if (!isEmpty || object === undefined) return
    const invented = sampleRecord(object)
    const changes = likelyChange(trigger, { field_values: invented }, object)
    onChoice({ ...choice, source: 'invented', invented, changes })
  }, [isEmpty]) // oxlint-disable-line react-hooks/exhaustive-deps
  const event = trigger['event']
  if (event === 'webhook.received') {
    const isBroken = !isJson(json)
    return (
      <Textarea
        label={words.body}
        value={json}
        autosize
        minRows={5}
        error={isBroken ? words.badJson : undefined}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        onChange={(change) => {
          setJson(change.currentTarget.value)
          onChoice({ ...choice, body: change.currentTarget.value })
        }}
      />
    )
  }
  if (object === undefined) return null
  const noun = singular(object.name)
  return (
    <EditorProvider value={{ ...editor, names: [], problems: [], readOnly: false }}>
      <SegmentedControl
        aria-label={words.source}
        fullWidth
        value={choice.source}
        onChange={(source) => onChoice({ ...choice, source: source as TryChoice['source'] })}
        data={[
          { value: 'record', label: words.sources.record },
          { value: 'invented', label: words.sources.invented },
        ]}
      />
      {choice.source === 'record' ? (
        <RecordPicker
          object={object}
          value={choice.recordId}
          onChange={(recordId, record) => {
            const changes =
              Object.keys(choice.changes).length > 0 ? choice.changes : likelyChange(trigger, record, object)
            onChoice({ ...choice, recordId, changes })
          }}
          label={words.record(noun)}
          clearable={false}
        />
      ) : (
        <FieldValues
          label={words.sources.invented}
          object={object}
          value={choice.invented}
          onChange={(invented) => onChoice({ ...choice, invented })}
          path="/record"
        />
      )}
      {wantsChange(event) ? (
        <div>
          <FieldValues
            label={words.changes}
            object={object}
            value={choice.changes}
            onChange={(changes) => onChoice({ ...choice, changes })}
            path="/changes"
          />
          <Text size="xs" c="dimmed" mt={4}>
            {words.changesHint}
          </Text>
        </div>
      ) : null}
    </EditorProvider>
  )
}

function isJson(text: string): boolean {
  if (text.trim() === '') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
