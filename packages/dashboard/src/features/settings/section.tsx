import { Table, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { strings } from '../../strings/common.ts'
import classes from './settings.module.css'

interface SectionProps {
  title: ReactNode
  intro?: string
  /** its button, at the right */
  action?: ReactNode
  /** what its contents are read with */
  query?: { isPending: boolean; isError: boolean; error: unknown; refetch(): unknown }
  /** stands instead of the contents when there are none */
  empty?: { icon: ReactNode; title: string } | false
  children: ReactNode
}

/** A section of the settings: its heading, what it is about, and its contents once they are read. */
export function Section({ title, intro, action, query, empty = false, children }: SectionProps) {
  return (
    <>
      <div className={classes.head}>
        <div className={classes.intro}>
          <Title order={2}>{title}</Title>
          {intro !== undefined && (
            <Text size="sm" c="dimmed">
              {intro}
            </Text>
          )}
        </div>
        {action}
      </div>
      {query?.isPending === true ? (
        <LoadingRows rows={3} />
      ) : query?.isError === true ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : empty !== false ? (
        <EmptyState {...empty} />
      ) : (
        children
      )}
    </>
  )
}

/** A table with a border. On a phone each row is a card, whose parts are named by their `data-label`. @param columns '' is the buttons' */
export function SectionTable({ columns, children }: { columns?: readonly string[]; children: ReactNode }) {
  return (
    <div className={classes.table}>
      <Table>
        {columns !== undefined && (
          <Table.Thead>
            <Table.Tr>
              {columns.map((name) => (
                <Table.Th key={name}>
                  {name === '' ? <span className="visually-hidden">{strings.actions}</span> : name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
        )}
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  )
}
