import { OPERATOR_LABELS, type Operator, operatorsFor, type Rule, valueShape } from '@kantos/model'
import { ActionIcon, Group, Select, Text, TextInput } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import { FieldSelect } from '../values/field-select.tsx'
import { ListInput } from '../values/list-input.tsx'
import { ValueInput } from '../values/value-input.tsx'
import classes from './conditions.module.css'
import { entryOf, typeOfRule, withField, withOperator } from './rules.ts'

interface RuleEditorProps {
  rule: Rule
  onChange(rule: Rule): void
  onRemove(): void
  path: string
}

/** One rule: which field, how it compares, with what. */
export function RuleEditor({ rule, onChange, onRemove, path }: RuleEditorProps) {
  const { ruleFields, readOnly } = useEditor()
  const problem = useProblem(path)
  const operatorProblem = useProblem(`${path}/operator`)
  const type = typeOfRule(rule, ruleFields)
  const entry = entryOf(rule.field, ruleFields)
  const fitting = operatorsFor(type)
  const operators = fitting.includes(rule.operator) ? fitting : [rule.operator, ...fitting]
  return (
    <div className={classes['rule']} data-error={problem !== undefined || undefined} data-item data-path={path}>
      <div className={classes['what']}>
        <FieldSelect
          names={ruleFields}
          value={entry?.path ?? rule.field}
          onChange={(field) => onChange(withField(rule, field, ruleFields))}
          label={strings.chooseField}
          path={`${path}/field`}
          hideLabel
        />
        <Select
          aria-label={strings.chooseOperator}
          data={operators.map((operator) => ({ value: operator, label: OPERATOR_LABELS[operator] ?? operator }))}
          value={rule.operator}
          onChange={(operator) => operator !== null && onChange(withOperator(rule, operator as Operator))}
          allowDeselect={false}
          disabled={readOnly || rule.field === ''}
          error={operatorProblem}
          comboboxProps={{ width: 180, position: 'bottom-start' }}
        />
        {readOnly ? null : (
          <ActionIcon aria-label={strings.removeRule} onClick={onRemove} mt={4}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        )}
      </div>
      {entry?.open === true ? (
        <TextInput
          aria-label={strings.pathLabel}
          value={rule.field}
          onChange={(event) => onChange({ ...rule, field: event.currentTarget.value })}
          placeholder={strings.pathPlaceholder}
          disabled={readOnly}
          mt={8}
        />
      ) : null}
      {rule.field === '' ? null : <RuleValue rule={rule} onChange={onChange} path={`${path}/value`} />}
      {problem === undefined ? null : (
        <Text size="xs" c="var(--mantine-color-error)" mt={4}>
          {problem}
        </Text>
      )}
    </div>
  )
}

function RuleValue({ rule, onChange, path }: Pick<RuleEditorProps, 'rule' | 'onChange' | 'path'>) {
  const { ruleFields } = useEditor()
  const type = typeOfRule(rule, ruleFields)
  const field = ruleFields.find((name) => name.path === rule.field)?.field
  const shape = valueShape(rule.operator)
  const set = (value: unknown): void => {
    const { value: _, ...rest } = rule
    onChange(value === undefined ? rest : { ...rest, value })
  }
  if (shape === 'none') return null
  if (shape === 'range') {
    const [least, most] = Array.isArray(rule.value) ? rule.value : [null, null]
    return (
      <Group gap={8} mt={8} grow wrap="nowrap" align="flex-start">
        <ValueInput
          type={type}
          field={field}
          value={least}
          onChange={(next) => set([next, most ?? null])}
          label={strings.least}
          hideLabel
          path={`${path}/0`}
        />
        <ValueInput
          type={type}
          field={field}
          value={most}
          onChange={(next) => set([least ?? null, next])}
          label={strings.most}
          hideLabel
          path={`${path}/1`}
        />
      </Group>
    )
  }
  const isList = shape === 'list' || (type === 'multi_select' && ['equals', 'not_equals'].includes(rule.operator))
  return (
    <div className={classes['value']} data-path={path}>
      {isList ? (
        <ListInput type={type} field={field} value={rule.value} onChange={set} label={strings.value} path={path} />
      ) : (
        <ValueInput
          type={
            ['contains', 'not_contains', 'starts_with', 'ends_with'].includes(rule.operator) && type !== 'multi_select'
              ? 'text'
              : type === 'multi_select'
                ? 'dropdown'
                : type
          }
          field={field}
          value={rule.value}
          onChange={set}
          label={strings.value}
          hideLabel
          path={path}
        />
      )}
    </div>
  )
}
