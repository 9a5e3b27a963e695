import { Button, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconMail, IconPlus, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { VirtualRows } from '../../components/virtual-rows.tsx'
import { useCan } from '../../lib/session.ts'
import { number } from '../../lib/time.ts'
import { emailStrings } from '../../strings/emails.ts'
import { templatesQuery } from './api.ts'
import classes from './templates-page.module.css'

const words = emailStrings.templates

/** The list of e-mail templates. */
export function TemplatesPage() {
  const editor = useCan('editor')
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed.trim(), 200)
  const list = useInfiniteQuery({ ...templatesQuery(q), placeholderData: keepPreviousData })
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data])
  const total = list.data?.pages.at(-1)?.pagination.total ?? 0
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list

  const create = editor && (
    <Button leftSection={<IconPlus size={16} />} component={Link} to="/templates/new">
      {words.create}
    </Button>
  )
  return (
    <Page
      title={words.title}
      layout="fill"
      actions={create}
      toolbar={
        <>
          <TextInput
            aria-label={words.search}
            placeholder={words.search}
            leftSection={<IconSearch size={15} />}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            w={260}
          />
          {list.data !== undefined && (
            <Text size="sm" c="dimmed" ml="auto" role="status">
              {words.total(number(total))}
            </Text>
          )}
        </>
      }
    >
      {list.isPending && <LoadingRows />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && rows.length === 0 && (
        <EmptyState
          icon={<IconMail size={22} stroke={1.6} />}
          title={q === '' ? words.empty : words.noneFound}
          action={q === '' ? create : undefined}
        >
          {q === '' ? words.emptyText : undefined}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <VirtualRows
          label={words.title}
          count={rows.length}
          total={total}
          rowHeight={52}
          rowKey={(index) => rows[index]!.id}
          onEnd={() => {
            if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
          }}
          head={
            <div role="row" className={`${classes.row} ${classes.head}`}>
              <span role="columnheader">{words.name}</span>
              <span role="columnheader" className={classes.subject}>
                {words.subject}
              </span>
              <span role="columnheader" className={classes.when}>
                {words.changed}
              </span>
            </div>
          }
          row={(index) => {
            const { id, name, subject, updated_at: at } = rows[index]!
            return (
              <div className={classes.row} role="none">
                <div role="cell" className="truncate">
                  <Link to="/templates/$templateId" params={{ templateId: id }} className={classes.link}>
                    {name}
                  </Link>
                </div>
                <div role="cell" className={`${classes.subject} truncate`}>
                  {subject}
                </div>
                <div role="cell" className={classes.when}>
                  <Time iso={at} />
                </div>
              </div>
            )
          }}
        />
      )}
    </Page>
  )
}
