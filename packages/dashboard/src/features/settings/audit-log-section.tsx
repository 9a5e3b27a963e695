import { Button, Select } from '@mantine/core'
import { readAuditLog } from '@kantos/model'
import { IconHistory } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/common.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { AuditRow } from './audit-entry.tsx'
import { Section, SectionTable } from './section.tsx'

const words = settingsStrings.audit

/** Who changed what, newest first. Source: SPEC.md, section 12 */
export default function AuditLogSection() {
  const [action, setAction] = useState<string | null>(null)
  const list = useInfiniteQuery({
    queryKey: keys.auditLog({ action }),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(readAuditLog, { query: { cursor: pageParam, limit: 50, action: action ?? undefined } }, { signal }),
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  })
  const entries = list.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <>
      <Section
        title={settingsStrings.sections['audit-log']}
        intro={words.intro}
        action={
          <Select
            aria-label={words.filter}
            placeholder={words.all}
            clearable
            value={action}
            onChange={setAction}
            data={Object.entries(words.kinds).map(([value, label]) => ({ value, label }))}
          />
        }
        query={list}
        empty={
          list.data !== undefined &&
          entries.length === 0 && { icon: <IconHistory size={22} stroke={1.6} />, title: words.empty }
        }
      >
        <SectionTable columns={[words.when, words.who, words.what, words.target]}>
          {entries.map((entry) => (
            <AuditRow key={entry.id} entry={entry} />
          ))}
        </SectionTable>
      </Section>
      {list.hasNextPage && (
        <Button variant="default" mt="md" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {strings.more}
        </Button>
      )}
    </>
  )
}
