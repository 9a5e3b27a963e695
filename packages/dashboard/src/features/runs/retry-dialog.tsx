import { ACTIONS, type Run, retryRunRoute, type Step } from '@kantos/model'
import { Button, Group, JsonInput, SegmentedControl, Stack, Text, Textarea, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { capital } from '../../lib/objects.ts'
import { strings as common } from '../../strings/common.ts'
import { strings } from '../../strings/runs.ts'
import { automationQuery } from './api.ts'
import { changedParts, editableInput, isTextList, readObject, type StepInput, textOf, valueOf } from './retry-input.ts'
import { type RetryVersion, VersionChoice } from '../../components/version-choice.tsx'

const words = strings.retry
/** Kinds of steps that have no input to edit. */
const PLAIN: ReadonlySet<Step['type']> = new Set(['branch', 'for_each', 'stop', 'wait'])

interface RetryDialogProps {
  run: Run
  /** what the failed step is called; null: the run failed between steps */
  step: { step: Step; name: string } | null
  /** gets the new run's id */
  onRetried(id: string): void
  onClose(): void
}

/** A retry with changes: on which version, with which input; also of a run that was retried before. */
export function RetryDialog({ run, step, onRetried, onClose }: RetryDialogProps) {
  const [version, setVersion] = useState<RetryVersion>('same')
  const automation = useQuery({ ...automationQuery(run.automation_id), retry: false })
  const newest = automation.data?.version
  const stored = editableInput(step?.step.input)
  const [input, setInput] = useState<StepInput | null>(stored ?? {})
  const changes = input === null ? null : changedParts(stored, input)
  const retry = useMutation({
    mutationFn: () =>
      call(retryRunRoute, {
        params: { id: run.id },
        body: {
          version,
          ...(changes === null || Object.keys(changes).length === 0 ? {} : { input: changes }),
          ...(run.retried_by === undefined ? {} : { force: true }),
        },
      }),
    onSuccess: ({ id }) => {
      onClose()
      onRetried(id)
    },
  })
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (changes !== null) retry.mutate()
      }}
    >
      <Stack>
        {run.retried_by === undefined ? null : <Text size="sm">{words.again}</Text>}
        {newest === undefined || newest === run.version ? (
          <Text size="sm" c="dimmed">
            {words.isNewest(run.version)}
          </Text>
        ) : (
          <VersionChoice
            value={version}
            onChange={setVersion}
            texts={{ same: words.sameText(run.version), newest: words.newestText(newest) }}
          />
        )}
        {step === null ? null : (
          <section>
            <Title order={3} mb={4}>
              {words.input(step.name)}
            </Title>
            {PLAIN.has(step.step.type) ? (
              <Text size="sm" c="dimmed">
                {words.noInput}
              </Text>
            ) : (
              <InputEditor stored={stored} value={input} onChange={setInput} />
            )}
          </section>
        )}
        <ErrorNote error={retry.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={retry.isPending} disabled={changes === null}>
            {words.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface InputEditorProps {
  /** null: the log doesn't hold it whole */
  stored: StepInput | null
  /** null: what was typed is no JSON */
  value: StepInput | null
  onChange(value: StepInput | null): void
}

/** Text parts are edited as text, all others as JSON; or the whole as JSON. */
function InputEditor({ stored, value, onChange }: InputEditorProps) {
  const [as, setAs] = useState<'form' | 'json'>(stored === null ? 'json' : 'form')
  const [json, setJson] = useState(() => JSON.stringify(stored ?? {}, null, 2))
  const [texts, setTexts] = useState(() => textsOf(stored))
  const choose = (next: 'form' | 'json'): void => {
    if (value === null) return
    setJson(JSON.stringify(value, null, 2))
    setTexts(textsOf(value))
    setAs(next)
  }
  const type = (key: string, text: string): void => {
    const typed = { ...texts, [key]: text }
    setTexts(typed)
    const parts = Object.entries(typed).map(([name, one]) => [name, valueOf(one, stored?.[name])] as const)
    onChange(parts.some(([, part]) => part === undefined) ? null : Object.fromEntries(parts))
  }
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {stored === null ? words.cutInput : words.inputText}
      </Text>
      {stored === null ? null : (
        <SegmentedControl
          aria-label={words.as}
          data={[
            { value: 'form', label: words.form },
            { value: 'json', label: words.json },
          ]}
          value={as}
          onChange={(next) => choose(next as 'form' | 'json')}
        />
      )}
      {as === 'json' ? (
        <JsonInput
          aria-label={words.json}
          value={json}
          autosize
          minRows={5}
          maxRows={16}
          error={value === null ? words.notJson : undefined}
          onChange={(text) => {
            setJson(text)
            onChange(readObject(text))
          }}
        />
      ) : (
        Object.entries(texts).map(([key, text]) => (
          <Textarea
            key={key}
            label={words.parts[key] ?? capital(key.replaceAll('_', ' '))}
            autosize
            maxRows={10}
            value={text}
            styles={typeof stored?.[key] === 'string' || isTextList(stored?.[key]) ? {} : CODE}
            description={isTextList(stored?.[key]) ? words.lines : undefined}
            error={valueOf(text, stored?.[key]) === undefined ? words.notJson : undefined}
            onChange={(event) => type(key, event.currentTarget.value)}
          />
        ))
      )}
    </Stack>
  )
}

const CODE = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }

function textsOf(input: StepInput | null): Record<string, string> {
  return Object.fromEntries(Object.entries(input ?? {}).map(([key, part]) => [key, textOf(part)]))
}

/** The step that a run failed at, by its own name, else its name in the version, else its kind. */
export function failedStep(run: Run, nameOf: (key: string) => string | undefined): RetryDialogProps['step'] {
  const step = run.steps.findLast(({ key }) => key === run.error?.step_key)
  return step === undefined ? null : { step, name: step.name ?? nameOf(step.key) ?? ACTIONS[step.type].label }
}
