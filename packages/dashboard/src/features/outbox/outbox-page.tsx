import { Button } from '@mantine/core'
import { listOutbox } from '@kantos/model'
import { useMediaQuery } from '@mantine/hooks'
import { IconSend } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, LoadingRows } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/common.ts'
import { emailStrings } from '../../strings/emails.ts'
import { CapturedMail } from './captured-mail.tsx'
import classes from './outbox-page.module.css'

const words = emailStrings.outbox
const route = getRouteApi('/shell/outbox')

/** E-mails that were captured because no mail server is set, as they look. Source: SPEC.md, section 12 */
export function OutboxPage() {
  const { mail: asked } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery({
    queryKey: keys.outbox,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => call(listOutbox, { query: { cursor: pageParam, limit: 50 } }, { signal }),
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    refetchInterval: 5000,
  })
  const mails = list.data?.pages.flatMap((page) => page.data) ?? []
  const hasRoom = useMediaQuery('(min-width: 48.01em)', true, { getInitialValueInEffect: false })
  // the newest at the time, so that it stays when others come
  const [newest, setNewest] = useState<string>()
  if (newest === undefined && mails[0] !== undefined) setNewest(mails[0].id)
  const mail = asked ?? (hasRoom ? newest : undefined)
  const chosen = mails.find(({ id }) => id === mail)

  return (
    <Page title={words.title} layout="fill">
      {list.isPending && <LoadingRows />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && mails.length === 0 && (
        <EmptyState icon={<IconSend size={22} stroke={1.6} />} title={words.empty}>
          {words.emptyText}
        </EmptyState>
      )}
      {mails.length > 0 && (
        <div className={classes.split} data-open={mail !== undefined}>
          <nav className={classes.list} aria-label={words.list}>
            <ul>
              {mails.map(({ id, subject, to, at }) => (
                <li key={id}>
                  <button
                    type="button"
                    className={classes.item}
                    aria-current={id === mail}
                    onClick={() => void navigate({ search: { mail: id } })}
                  >
                    <span className={classes.line}>
                      <span className="truncate">{to.join(', ')}</span>
                      <span className={classes.when}>
                        <Time iso={at} />
                      </span>
                    </span>
                    <span className={`${classes.subject} truncate`}>{subject}</span>
                  </button>
                </li>
              ))}
            </ul>
            {list.hasNextPage && (
              <Button
                variant="subtle"
                fullWidth
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                {strings.more}
              </Button>
            )}
          </nav>
          <section className={classes.mail} aria-label={chosen?.subject ?? words.pick}>
            {mail === undefined ? (
              <EmptyState title={words.pick} />
            ) : (
              <CapturedMail key={mail} id={mail} known={chosen} onBack={() => void navigate({ search: {} })} />
            )}
          </section>
        </div>
      )}
    </Page>
  )
}
