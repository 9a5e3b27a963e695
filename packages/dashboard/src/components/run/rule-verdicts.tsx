import { describeRule, type GroupResult, isGroup, type RuleResult } from '@kantos/model'
import { IconCheck, IconX } from '@tabler/icons-react'
import { strings } from '../../strings/runs.ts'
import classes from './run.module.css'

type Item = RuleResult | GroupResult

const isGroupResult = (item: Item): item is GroupResult => isGroup(item as never)

/** Each rule with its verdict in words; groups as indented lists. Source: SPEC.md, section 9 */
export function RuleVerdicts({ match, rules }: { match: 'all' | 'any'; rules: readonly Item[] }) {
  return (
    <ul className={classes['rules']}>
      {rules.length > 1 ? <li className={classes['match']}>{strings.rule[match]}</li> : null}
      {rules.map((item, index) => (
        <li key={index} className={classes['verdict']}>
          <Verdict passed={item.passed} />
          {isGroupResult(item) ? (
            <RuleVerdicts match={item.match} rules={item.rules} />
          ) : (
            <span className={classes['ruleWords']}>{describeRule(item)}</span>
          )}
        </li>
      ))}
    </ul>
  )
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
