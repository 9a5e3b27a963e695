import { ActionIcon, Anchor, Group, SegmentedControl, Title } from '@mantine/core'
import { readOutboxEmail } from '@kantos/model'
import { IconArrowLeft } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { EmailFrame } from '../../components/email-frame.tsx'
import { ErrorState, Loading } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { emailStrings } from '../../strings/emails.ts'
import classes from './outbox-page.module.css'

const words = emailStrings.outbox

type Mail = (typeof readOutboxEmail)['response']['_output']

interface CapturedMailProps {
  id: string
  /** the list has it already */
  known: Mail | undefined
  onBack: () => void
}

/** One captured e-mail: its head, and its body as it looks, as text, or as it was written. */
export function CapturedMail({ id, known, onBack }: CapturedMailProps) {
  const found = useQuery({
    queryKey: keys.email(id),
    queryFn: ({ signal }) => call(readOutboxEmail, { params: { id } }, { signal }),
    initialData: known,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return <Shown mail={found.data} onBack={onBack} />
}

function Shown({ mail, onBack }: { mail: Mail; onBack: () => void }) {
  const [as, setAs] = useState<'html' | 'text' | 'source'>(mail.html === null ? 'text' : 'html')
  const facts: [string, string][] = [
    [words.from, mail.from],
    [words.to, mail.to.join(', ')],
    [words.cc, mail.cc.join(', ')],
    [words.bcc, mail.bcc.join(', ')],
    [words.replyTo, mail.reply_to ?? ''],
  ]
  const tabs = [
    ...(mail.html === null ? [] : [{ value: 'html', label: words.html }]),
    { value: 'text', label: words.text },
    ...(mail.html === null ? [] : [{ value: 'source', label: words.source }]),
  ]
  return (
    <>
      <header className={classes.head}>
        <Group gap="xs" wrap="nowrap">
          <ActionIcon className={classes.back} onClick={onBack} aria-label={words.back}>
            <IconArrowLeft size={18} />
          </ActionIcon>
          <Title order={2}>{mail.subject}</Title>
        </Group>
        <dl className={classes.facts}>
          {facts
            .filter(([, value]) => value !== '')
            .map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          <dt>{words.sent}</dt>
          <dd>
            <Time iso={mail.at} as="full" />
          </dd>
        </dl>
      </header>
      <div className={classes.tabs}>
        <SegmentedControl size="xs" value={as} onChange={(value) => setAs(value as typeof as)} data={tabs} />
        {mail.run_id !== null && (
          <Anchor size="sm" component={Link} to="/runs/$runId" params={{ runId: mail.run_id } as never}>
            {words.run}
          </Anchor>
        )}
      </div>
      <div className={classes.body}>
        {as === 'html' && <EmailFrame html={mail.html ?? ''} title={words.frame} />}
        {as === 'text' && <pre className={classes.plain}>{mail.text}</pre>}
        {as === 'source' && <pre className={classes.plain}>{mail.html}</pre>}
      </div>
    </>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
