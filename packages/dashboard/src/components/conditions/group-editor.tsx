import { GROUP_DEPTH_LIMIT, type Group as Rules, isGroup, type Rule } from '@kantos/model'
import { ActionIcon, Button, Group, NativeSelect, Text } from '@mantine/core'
import { IconBracketsContain, IconPlus, IconX } from '@tabler/icons-react'
import { Fragment } from 'react'
import { strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import { useFocusAdded } from '../editor/use-focus-added.ts'
import classes from './conditions.module.css'
import { RuleEditor } from './rule-editor.tsx'
import { withItem } from './rules.ts'

interface GroupEditorProps {
  group: Rules
  onChange(group: Rules): void
  /** where its problems are looked up */
  path: string
  /** the word before "all of these hold": "Only if", "If" */
  lead: string
  onRemove?: () => void
  depth?: number
}

const NEW_RULE: Rule = { field: '', operator: 'equals' }

/** Rules and groups of rules, to be read as a sentence: "Only if all of these hold: …". */
export function GroupEditor({ group, onChange, path, lead, onRemove, depth = 1 }: GroupEditorProps) {
  const { readOnly } = useEditor()
  const problem = useProblem(path)
  const [list, added] = useFocusAdded<HTMLFieldSetElement>()
  const append = (item: Rule | Rules): void => {
    added()
    onChange({ ...group, rules: [...group.rules, item] })
  }
  return (
    <fieldset ref={list} className={classes['group']} data-nested={depth > 1 || undefined} data-item data-path={path}>
      <legend className="visually-hidden">{strings.match}</legend>
      <Group gap={6} wrap="nowrap" className={classes['sentence']}>
        <Text size="sm" component="span">
          {lead}
        </Text>
        <NativeSelect
          size="xs"
          w={68}
          aria-label={strings.match}
          value={group.match}
          disabled={readOnly}
          onChange={(event) => onChange({ ...group, match: event.currentTarget.value as Rules['match'] })}
          data={[
            { value: 'all', label: strings.matchAll },
            { value: 'any', label: strings.matchAny },
          ]}
        />
        <Text size="sm" component="span" flex={1}>
          {strings.holds}
        </Text>
        {onRemove === undefined || readOnly ? null : (
          <ActionIcon aria-label={strings.removeGroup} onClick={onRemove}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        )}
      </Group>
      {group.rules.length === 0 ? (
        <Text size="sm" c="dimmed">
          {strings.noRules}
        </Text>
      ) : null}
      {group.rules.map((item, index) => {
        const at = `${path}/rules/${index}`
        const change = (next: Rule | Rules | null): void => onChange(withItem(group, index, next))
        return (
          <Fragment key={at}>
            {index === 0 ? null : (
              <p className={classes['joint']} aria-hidden>
                {group.match === 'all' ? strings.and : strings.or}
              </p>
            )}
            {isGroup(item) ? (
              <GroupEditor
                group={item}
                onChange={change}
                onRemove={() => change(null)}
                path={at}
                lead=""
                depth={depth + 1}
              />
            ) : (
              <RuleEditor rule={item} onChange={change} onRemove={() => change(null)} path={at} />
            )}
          </Fragment>
        )
      })}
      {problem === undefined ? null : (
        <Text size="xs" c="var(--mantine-color-error)">
          {problem}
        </Text>
      )}
      {readOnly ? null : (
        <Group gap={8}>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => append(NEW_RULE)}
          >
            {strings.addRule}
          </Button>
          {depth >= GROUP_DEPTH_LIMIT ? null : (
            <Button
              variant="subtle"
              color="gray"
              size="xs"
              leftSection={<IconBracketsContain size={14} aria-hidden />}
              onClick={() => append({ match: group.match === 'all' ? 'any' : 'all', rules: [NEW_RULE] })}
            >
              {strings.addGroup}
            </Button>
          )}
        </Group>
      )}
    </fieldset>
  )
}
