import { Code, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { Copy } from '../../../components/copy.tsx'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { Notice } from '../../../components/notice.tsx'
import { strings } from '../../../strings/builder.ts'
import classes from './forms.module.css'
import type { TriggerFormProps } from './trigger-form.tsx'

const words = strings.trigger

const BODY = '{"email": "ada@example.com", "name": "Ada"}'

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
        <Notice tone="warn" p="xs">
          {words.noneWarning}
        </Notice>
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
          <Copyable
            label={words.curl}
            value={curlOf(webhook.url, auth.type === 'signature' ? (webhook.secret ?? null) : undefined)}
          />
          {readOnly && auth.type === 'token' ? (
            <Text size="xs" c="dimmed">
              {words.urlHidden}
            </Text>
          ) : null}
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

/**
 * A command that calls the URL.
 *
 * @param secret what the call is signed with, null when it may not be shown; undefined: it isn't signed
 */
export function curlOf(url: string, secret: string | null | undefined): string {
  const lines = [`curl -X POST '${url}'`, `  -H 'content-type: application/json'`]
  if (secret === undefined) return [...lines, `  -d '${BODY}'`].join(' \\\n')
  const key = secret === null ? '"$SECRET"' : `'${secret.replaceAll("'", `'\\''`)}'`
  const hash = `$(printf %s "$BODY" | openssl dgst -sha256 -hmac ${key} | sed 's/^.* //')`
  return [`BODY='${BODY}'\n${lines[0]}`, lines[1], `  -H "x-hub-signature-256: sha256=${hash}"`, '  -d "$BODY"'].join(
    ' \\\n',
  )
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
