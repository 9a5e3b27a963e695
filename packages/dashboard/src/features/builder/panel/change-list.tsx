import { Text } from '@mantine/core'
import { strings } from '../../../strings/builder.ts'
import parts from './parts.module.css'

const MOST = 40

/** What differs between two versions, a line each. @param empty said when nothing does */
export function ChangeList({ lines, empty }: { lines: readonly string[]; empty: string }) {
  if (lines.length === 0) return <Text size="sm">{empty}</Text>
  return (
    <ul className={parts['lines']}>
      {lines.slice(0, MOST).map((line, index) => (
        <li key={index}>{line}</li>
      ))}
      {lines.length > MOST ? <li>{strings.moreChanges(lines.length - MOST)}</li> : null}
    </ul>
  )
}
