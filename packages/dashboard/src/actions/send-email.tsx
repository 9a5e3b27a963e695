import { Anchor, SegmentedControl, Select, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Disclosure } from '../components/disclosure.tsx'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { TemplateField } from '../components/template/template-field.tsx'
import { strings } from '../strings/actions.ts'
import { AddressList } from './address-list.tsx'
import { type ActionFormProps, orNothing, textIn } from './form.ts'
import { Pairs } from './pairs.tsx'

const words = strings.email
const RARE = ['cc', 'bcc', 'reply_to', 'from_name', 'variables', 'delivery'] as const

/** Send an e-mail: from a template or written here, to whom. */
export function SendEmailForm({ config, set, replace }: ActionFormProps) {
  const { readOnly, problems } = useEditor()
  const inline =
    config['template_id'] === undefined && (config['subject'] !== undefined || config['body'] !== undefined)
  const swap = (kind: string): void => {
    const { template_id: _, subject: __, body: ___, ...rest } = config
    replace(kind === 'inline' ? { ...rest, subject: '', body: '' } : rest)
  }
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={words.source}
        value={inline ? 'inline' : 'template'}
        onChange={swap}
        disabled={readOnly}
        fullWidth
        data={[
          { value: 'template', label: words.fromTemplate },
          { value: 'inline', label: words.inline },
        ]}
      />
      {inline ? <Inline config={config} set={set} /> : <TemplateSelect config={config} set={set} />}
      <AddressList
        label={words.to}
        value={config['to']}
        onChange={(value) => set('to', value)}
        path="/config/to"
        required
      />
      <Disclosure
        label={words.more}
        initially={RARE.some((name) => config[name] !== undefined)}
        forced={problems.some(({ path }) => RARE.some((name) => path.startsWith(`/config/${name}`)))}
      >
        <AddressList label={words.cc} value={config['cc']} onChange={(value) => set('cc', value)} path="/config/cc" />
        <AddressList
          label={words.bcc}
          value={config['bcc']}
          onChange={(value) => set('bcc', value)}
          path="/config/bcc"
        />
        <TemplateField
          label={words.replyTo}
          value={textIn(config, 'reply_to')}
          onChange={(text) => set('reply_to', orNothing(text))}
          path="/config/reply_to"
        />
        <TemplateField
          label={words.fromName}
          value={textIn(config, 'from_name')}
          onChange={(text) => set('from_name', orNothing(text))}
          path="/config/from_name"
        />
        <Pairs
          label={words.variables}
          description={words.variablesHint}
          value={config['variables']}
          onChange={(value) => set('variables', value)}
          path="/config/variables"
          nameLabel="first_name"
        />
        <Select
          label={words.delivery}
          data={Object.entries(words.deliveries).map(([value, label]) => ({ value, label }))}
          value={textIn(config, 'delivery') || 'at_least_once'}
          onChange={(value) => set('delivery', value === 'at_least_once' ? undefined : (value ?? undefined))}
          allowDeselect={false}
          disabled={readOnly}
        />
      </Disclosure>
    </Stack>
  )
}

type Part = Pick<ActionFormProps, 'config' | 'set'>

function Inline({ config, set }: Part) {
  return (
    <>
      <TemplateField
        label={words.subject}
        value={textIn(config, 'subject')}
        onChange={(text) => set('subject', text)}
        path="/config/subject"
        required
      />
      <TemplateField
        label={words.body}
        description={words.bodyHint}
        value={textIn(config, 'body')}
        onChange={(text) => set('body', text)}
        path="/config/body"
        multiline
        required
      />
    </>
  )
}

function TemplateSelect({ config, set }: Part) {
  const { templates, readOnly } = useEditor()
  const own = useProblem('/config')
  const error = useProblem('/config/template_id') ?? own
  const given = textIn(config, 'template_id')
  const chosen = templates.find(({ id, name }) => id === given || name === given)
  const data = templates.map(({ id, name }) => ({ value: id, label: name }))
  if (chosen === undefined && given !== '') data.push({ value: given, label: given })
  return (
    <Stack gap={4}>
      <Select
        label={words.template}
        data={data}
        value={chosen?.id ?? (given === '' ? null : given)}
        onChange={(id) => set('template_id', id ?? undefined)}
        searchable
        disabled={readOnly}
        error={error}
        wrapperProps={{ 'data-path': '/config/template_id' }}
        withAsterisk
      />
      <Text size="xs" c="dimmed">
        {templates.length === 0 ? `${words.noTemplates} ` : ''}
        <Anchor component={Link} to="/templates" target="_blank" size="xs">
          {words.openTemplates}
        </Anchor>
      </Text>
    </Stack>
  )
}
