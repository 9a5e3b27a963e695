import { describeRule, type GroupResult, isGroup, type ObjectAnswer, type RuleResult } from '@kantos/model'
import { IconCheck, IconX } from '@tabler/icons-react'
import { dateTime, number } from '../../lib/time.ts'
import { strings } from '../../strings/runs.ts'
import { fieldWords } from '../flow/words.ts'
import classes from './run.module.css'

type Item = RuleResult | GroupResult

const isGroupResult = (item: Item): item is GroupResult => isGroup(item as never)

interface RuleVerdictsProps {
  match: 'all' | 'any'
  rules: readonly Item[]
  /** of the record that is judged; its fields are called by their names */
  object: ObjectAnswer | undefined
}

/** Each rule with its verdict in words; groups as indented lists, but a group of one rule is that rule. Source: SPEC.md, section 9 */
export function RuleVerdicts({ match, rules, object }: RuleVerdictsProps) {
  return (
    <ul className={classes['rules']}>
      {rules.length > 1 ? <li className={classes['match']}>{strings.rule[match]}</li> : null}
      {rules.map(inner).map((item, index) => (
        <li key={index} className={classes['verdict']}>
          <Verdict passed={item.passed} />
          {isGroupResult(item) ? (
            <RuleVerdicts match={item.match} rules={item.rules} object={object} />
          ) : (
            <span className={classes['ruleWords']}>{describeRule(forReaders(item, object))}</span>
          )}
        </li>
      ))}
    </ul>
  )
}

/** The field by its name, large numbers and instants as they are read. */
function forReaders(item: RuleResult, object: ObjectAnswer | undefined): RuleResult {
  const type = object?.fields.find(({ slug }) => slug === item.field.replace(/^previous\./, ''))?.type
  const read = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(read)
    if (typeof value === 'number' && Math.abs(value) >= 10_000) return number(value)
    return type === 'datetime' && typeof value === 'string' ? dateTime(value) : value
  }
  return { ...item, field: fieldWords(item.field, object), actual: read(item.actual), expected: read(item.expected) }
}

function inner(item: Item): Item {
  return isGroupResult(item) && item.rules.length === 1 ? inner(item.rules[0]!) : item
}

function Verdict({ passed }: { passed: boolean }) {
  const Icon = passed ? IconCheck : IconX
  return (
    <span className={classes['tick']} data-passed={passed}>
      <Icon size={15} stroke={2.2} aria-hidden />
      <span className="visually-hidden">{passed ? strings.rule.passed : strings.rule.failed}</span>
    </span>
  )
}
