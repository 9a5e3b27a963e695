import { Text } from '@mantine/core'
import { valueWords } from '../../../components/flow/words.ts'
import { strings } from '../../../strings/builder.ts'
import classes from '../builder.module.css'
import type { Difference } from '../document/compare.ts'

const words = strings.difference
const MOST = 40

/** What differs between two versions, line by line. */
export function DifferenceList({ differences, empty }: { differences: readonly Difference[]; empty: string }) {
  if (differences.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {empty}
      </Text>
    )
  }
  return (
    <ul className={classes['differences']}>
      {differences.slice(0, MOST).map((difference, index) => (
        <li key={index} data-kind={difference.kind}>
          <strong>{words.part[difference.part] ?? difference.name ?? difference.part}</strong>
          {difference.name === undefined ? null : <span className={classes['path']}> {difference.part}</span>}
          {difference.path === undefined ? null : (
            <span className={classes['path']}> {difference.path.replace(/^config\./, '')}</span>
          )}
          {difference.kind === 'changed' ? <Values {...difference} /> : <span> {words[difference.kind]}</span>}
        </li>
      ))}
      {differences.length > MOST ? <li>{words.more(differences.length - MOST)}</li> : null}
    </ul>
  )
}

function Values({ before, after }: Difference) {
  return (
    <span className={classes['values']}>
      <del>{valueWords(before)}</del> → <ins>{valueWords(after)}</ins>
    </span>
  )
}
