import { Stack, Textarea } from '@mantine/core'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { strings } from '../../../strings/builder.ts'
import type { DraftState } from '../state/use-draft.ts'
import { Panel } from './panel.tsx'
import { RunRules } from './run-rules.tsx'

/** With no part selected: the automation itself. */
export function SettingsPanel({ state, onClose }: { state: DraftState; onClose(): void }) {
  const { draft, update } = state
  const { readOnly } = useEditor()
  const problem = useProblem('/description')
  return (
    <Panel title={strings.settings} subtitle={strings.nothingSelected} onClose={onClose}>
      <Stack gap="xl">
        <Textarea
          label={strings.description}
          description={strings.descriptionHint}
          value={draft.description}
          autosize
          minRows={3}
          disabled={readOnly}
          error={problem}
          onChange={(event) => {
            const description = event.currentTarget.value
            update((now) => ({ ...now, description }), 'description')
          }}
        />
        <RunRules draft={draft} update={update} />
      </Stack>
    </Panel>
  )
}
