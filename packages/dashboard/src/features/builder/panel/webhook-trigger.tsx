import { Alert, Code, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { Copy } from '../../../components/copy.tsx'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { strings } from '../../../strings/builder.ts'
import classes from '../builder.module.css'
import type { TriggerFormProps } from './trigger-form.tsx'

const words = strings.trigger

interface Auth {
  type: string
  secret?: string
}

const authOf = (given: unknown): Auth =>
  typeof given === 'string'
    ? { type: given }
    : typeof given === 'object' && given !== null
      ? (given as Auth)
      : { type: 'token' }

/** The URL of the automation, who may call it, and a command that does. */
export function WebhookTrigger({ trigger, onChange, saved }: TriggerFormProps) {
  const { readOnly } = useEditor()
  const error = useProblem('/auth', true)
  const auth = authOf(trigger['auth'])
  const savedAuth = saved?.trigger.event === 'webhook.received' ? authOf(saved.trigger.auth) : null
  const webhook = savedAuth?.type === auth.type ? saved?.webhook : undefined
  return (
    <Stack gap="md">
      <Select
        label={words.auth}
        data={Object.entries(words.auths).map(([value, label]) => ({ value, label }))}
        value={auth.type}
        onChange={(type) => onChange({ event: 'webhook.received', auth: type ?? 'token' })}
        allowDeselect={false}
        disabled={readOnly}
        error={error}
      />
      {auth.type === 'none' ? (
        <Alert variant="outline" color="orange" c="var(--k-text)" p="xs">
          {words.noneWarning}
        </Alert>
      ) : null}
      {auth.type === 'signature' ? (
        <TextInput
          label={words.ownSecret}
          type="password"
          autoComplete="off"
          value={auth.secret ?? ''}
          disabled={readOnly}
          onChange={(event) => {
            const secret = event.currentTarget.value
            onChange({ ...trigger, auth: secret === '' ? 'signature' : { type: 'signature', secret } }, 'secret')
          }}
        />
      ) : null}
      {webhook === undefined ? (
        <Text size="sm" c="dimmed">
          {words.urlLater}
        </Text>
      ) : (
        <>
          <Copyable label={words.url} value={webhook.url} />
          {webhook.secret === undefined ? null : <Copyable label={words.secret} value={webhook.secret} />}
          {auth.type === 'signature' ? null : <Copyable label={words.curl} value={curlOf(webhook.url)} />}
          {saved?.status === 'active' ? null : (
            <Text size="xs" c="dimmed">
              {words.urlInactive}
            </Text>
          )}
        </>
      )}
      <Text size="xs" c="dimmed">
        {words.idempotent}
      </Text>
    </Stack>
  )
}

function curlOf(url: string): string {
  return `curl -X POST '${url}' \\\n  -H 'content-type: application/json' \\\n  -d '{"email": "ada@example.com", "name": "Ada"}'`
}

function Copyable({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <Group justify="space-between" gap={8}>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Copy value={value} label={label} />
      </Group>
      <Code block className={classes['code']} tabIndex={0}>
        {value}
      </Code>
    </div>
  )
}
