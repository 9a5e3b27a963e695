import { DEFAULT_RETRY_DELAYS_SECONDS, WEBHOOK_METHODS } from '@kantos/model'
import { Group, NumberInput, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Disclosure } from '../components/disclosure.tsx'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { TemplateField } from '../components/template/template-field.tsx'
import { strings } from '../strings/actions.ts'
import { type ActionFormProps, textIn } from './form.ts'
import { Pairs } from './pairs.tsx'

const words = strings.webhook

/** Send Webhook: where, what, and what happens after a failure. */
export function WebhookForm({ config, set }: ActionFormProps) {
  const { readOnly } = useEditor()
  const method = textIn(config, 'method') || 'POST'
  const timeout = useProblem('/config/timeout_seconds')
  const retry = useProblem('/config/retry', true)
  return (
    <Stack gap="md">
      <Group gap={8} align="flex-start" wrap="nowrap">
        <Select
          label={words.method}
          w={104}
          data={[...WEBHOOK_METHODS]}
          value={method}
          onChange={(value) => set('method', value ?? undefined)}
          allowDeselect={false}
          disabled={readOnly}
        />
        <div style={{ flex: 1, minWidth: 0 }}>
          <TemplateField
            label={words.url}
            value={textIn(config, 'url')}
            onChange={(text) => set('url', text)}
            path="/config/url"
            placeholder={words.urlPlaceholder}
            allowSecrets
            required
          />
        </div>
      </Group>
      {method === 'GET' ? null : <Body config={config} set={set} />}
      <Pairs
        label={words.headers}
        value={config['headers']}
        onChange={(value) => set('headers', value)}
        path="/config/headers"
        nameLabel="Authorization"
        allowSecrets
      />
      <Disclosure
        label={words.more}
        initially={config['retry'] !== undefined || config['timeout_seconds'] !== undefined}
        forced={timeout !== undefined || retry !== undefined}
      >
        <Retry config={config} set={set} />
        <NumberInput
          label={words.timeout}
          description={words.timeoutHint}
          value={typeof config['timeout_seconds'] === 'number' ? config['timeout_seconds'] : ''}
          onChange={(value) => set('timeout_seconds', typeof value === 'number' ? value : undefined)}
          min={1}
          max={30}
          placeholder="30"
          disabled={readOnly}
          error={timeout}
          wrapperProps={{ 'data-path': '/config/timeout_seconds' }}
        />
      </Disclosure>
    </Stack>
  )
}

type Part = Pick<ActionFormProps, 'config' | 'set'>

/** A body's text as it is stored: parsed when it is a JSON object or list, else the text itself. */
function bodyOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text) || /^\s*\{\{/.test(text)) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function Body({ config, set }: Part) {
  const { readOnly } = useEditor()
  const own = config['body'] !== undefined
  const [text, setText] = useState(() =>
    typeof config['body'] === 'string' ? config['body'] : own ? JSON.stringify(config['body'], null, 2) : '',
  )
  const stored = typeof config['body'] === 'string' ? config['body'] : JSON.stringify(config['body'])
  const shown =
    JSON.stringify(bodyOf(text)) === JSON.stringify(config['body'])
      ? text
      : typeof config['body'] === 'string'
        ? config['body']
        : JSON.stringify(config['body'], null, 2)
  return (
    <Stack gap={8}>
      <SegmentedControl
        aria-label={words.body}
        fullWidth
        disabled={readOnly}
        value={own ? 'own' : 'default'}
        onChange={(kind) => set('body', kind === 'own' ? (stored === undefined ? {} : bodyOf(text)) : undefined)}
        data={[
          { value: 'default', label: words.bodyKinds.default },
          { value: 'own', label: words.bodyKinds.own },
        ]}
      />
      {own ? (
        <TemplateField
          label={words.body}
          description={words.bodyHint}
          value={shown ?? ''}
          onChange={(next) => {
            setText(next)
            set('body', bodyOf(next))
          }}
          path="/config/body"
          multiline
          allowSecrets
        />
      ) : (
        <Text size="xs" c="dimmed">
          {words.bodyDefault}
        </Text>
      )}
    </Stack>
  )
}

interface RetryConfig {
  delays_seconds?: number[]
  on?: string
}

/** `10, 60 600` → its numbers. */
function secondsIn(text: string): number[] {
  return (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number)
}

function Retry({ config, set }: Part) {
  const { readOnly } = useEditor()
  const error = useProblem('/config/retry', true)
  const retry = (config['retry'] ?? {}) as RetryConfig
  const delays = retry.delays_seconds
  const [typed, setTyped] = useState('')
  // as it is typed, while that is what is stored
  const text = `${secondsIn(typed)}` === `${delays ?? ''}` ? typed : (delays ?? []).join(', ')
  const kind = delays === undefined ? 'default' : delays.length === 0 ? 'none' : 'own'
  const change = (next: RetryConfig): void => {
    const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined))
    set('retry', Object.keys(kept).length === 0 ? undefined : kept)
  }
  return (
    <Stack gap={8}>
      <Select
        label={words.retry}
        data={Object.entries(words.retries).map(([value, label]) => ({ value, label }))}
        value={kind}
        onChange={(next) => {
          const own = { default: undefined, none: [], own: [...DEFAULT_RETRY_DELAYS_SECONDS] }[next ?? 'default']
          change({ ...retry, delays_seconds: own })
        }}
        allowDeselect={false}
        disabled={readOnly}
        error={error}
        wrapperProps={{ 'data-path': '/config/retry' }}
      />
      {kind === 'own' ? (
        <TextInput
          label={words.delays}
          description={words.delaysHint}
          value={text}
          disabled={readOnly}
          inputMode="numeric"
          onChange={(event) => {
            const next = event.currentTarget.value
            setTyped(next)
            if (secondsIn(next).length > 0) change({ ...retry, delays_seconds: secondsIn(next) })
          }}
        />
      ) : null}
      {kind === 'none' ? null : (
        <Select
          label={words.retryOn}
          data={Object.entries(words.retryOns).map(([value, label]) => ({ value, label }))}
          value={retry.on ?? 'any'}
          onChange={(on) => change({ ...retry, on: on === 'transient' ? on : undefined })}
          allowDeselect={false}
          disabled={readOnly}
        />
      )}
    </Stack>
  )
}
