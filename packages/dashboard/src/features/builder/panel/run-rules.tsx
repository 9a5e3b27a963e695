import type { Enrolment } from '@kantos/model'
import { NumberInput, Select, Stack, Switch, Text, Title } from '@mantine/core'
import { GroupEditor } from '../../../components/conditions/group-editor.tsx'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { strings } from '../../../strings/builder.ts'
import type { Draft } from '../document/draft.ts'
import { type EnrolmentKind, enrolmentKind, hasRecord, isOfRecords } from '../document/rule-words.ts'
import type { DraftState } from '../state/use-draft.ts'

const words = strings.rules
const DAYS = 30

interface RunRulesProps {
  draft: Draft
  update: DraftState['update']
}

/** How often it takes a record, also for imports or not, one at a time, and what ends its waiting runs. */
export function RunRules({ draft, update }: RunRulesProps) {
  const { readOnly } = useEditor()
  const importProblem = useProblem('/on_import')
  const ofRecord = hasRecord(draft)
  return (
    <section>
      <Title order={3} size="h3" mb="md">
        {words.heading}
      </Title>
      <Stack gap="lg">
        {ofRecord || draft.enrolment !== undefined ? (
          <EnrolmentInput
            rule={draft.enrolment}
            onChange={(rule) =>
              update(
                ({ enrolment: _, ...now }) =>
                  (rule === 'every_time' ? { ...now } : { ...now, enrolment: rule }) as Draft,
                'enrolment',
              )
            }
          />
        ) : null}
        {isOfRecords(draft) || draft.on_import !== undefined ? (
          <Switch
            label={words.imports}
            description={words.importsHint}
            checked={draft.on_import !== 'skip'}
            disabled={readOnly}
            error={importProblem}
            onChange={(event) => {
              const also = event.currentTarget.checked
              update(({ on_import: _, ...now }) => (also ? { ...now } : { ...now, on_import: 'skip' }) as Draft)
            }}
          />
        ) : null}
        <Switch
          label={strings.serial}
          description={strings.serialHint}
          checked={draft.serial === true}
          disabled={readOnly}
          onChange={(event) => {
            const serial = event.currentTarget.checked
            update(({ serial: _, ...now }) => (serial ? { ...now, serial } : { ...now }) as Draft)
          }}
        />
        {ofRecord || draft.exit !== undefined ? <ExitInput draft={draft} update={update} /> : null}
      </Stack>
    </section>
  )
}

function EnrolmentInput({ rule, onChange }: { rule: Enrolment | undefined; onChange(rule: Enrolment): void }) {
  const { readOnly } = useEditor()
  const problem = useProblem('/enrolment')
  const daysProblem = useProblem('/enrolment/once_per', true)
  const kind = enrolmentKind(rule)
  return (
    <div>
      <Select
        label={words.enrolment}
        data={Object.entries(words.enrolments).map(([value, label]) => ({ value, label }))}
        value={kind}
        onChange={(next) => {
          if (next === 'once_per') onChange({ once_per: { days: DAYS } })
          else if (next !== null) onChange(next as Exclude<EnrolmentKind, 'once_per'>)
        }}
        allowDeselect={false}
        disabled={readOnly}
        error={problem}
        wrapperProps={{ 'data-path': '/enrolment' }}
      />
      <Text size="xs" c="dimmed" mt={6}>
        {words.enrolmentHints[kind]}
      </Text>
      {typeof rule === 'object' ? (
        <NumberInput
          label={words.days}
          value={rule.once_per.days}
          onChange={(days) => onChange({ once_per: { days: typeof days === 'number' ? days : 0 } })}
          min={1}
          max={3650}
          allowDecimal={false}
          w={128}
          mt={12}
          disabled={readOnly}
          error={daysProblem}
          wrapperProps={{ 'data-path': '/enrolment/once_per/days' }}
        />
      ) : null}
    </div>
  )
}

function ExitInput({ draft: { exit }, update }: RunRulesProps) {
  const { readOnly } = useEditor()
  const problem = useProblem('/exit')
  return (
    <div data-path="/exit">
      <Switch
        label={words.exit}
        description={words.exitHint}
        checked={exit !== undefined}
        disabled={readOnly}
        error={exit === undefined ? problem : undefined}
        mb={exit === undefined ? 0 : 12}
        onChange={(event) => {
          const ends = event.currentTarget.checked
          update(
            ({ exit: _, ...now }) =>
              (ends
                ? { ...now, exit: { match: 'any', rules: [{ field: '', operator: 'equals' }] } }
                : { ...now }) as Draft,
          )
        }}
      />
      {exit === undefined ? null : (
        <GroupEditor
          group={exit}
          onChange={(group) => update((now) => ({ ...now, exit: group }), 'exit')}
          path="/exit"
          lead={words.exitLead}
        />
      )}
    </div>
  )
}
