import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../../strings/runs.ts'
import classes from './run.module.css'

const words = strings.email

/** The parts of a rendered e-mail, as a step's input holds them. */
export interface EmailParts {
  to?: unknown
  cc?: unknown
  bcc?: unknown
  reply_to?: unknown
  from_name?: unknown
  subject?: unknown
  html?: unknown
  text?: unknown
}

/** As most mail programs show text that brings no font. */
const PLAIN = '<style>body{margin:12px;font:14px/1.5 Arial,Helvetica,sans-serif;color:#1b1b20}</style>'

const listed = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : ''

/** An e-mail as it looks. Its HTML stands in a sandboxed frame: nothing in it runs, and nothing is loaded. */
export function EmailView({ email }: { email: EmailParts }) {
  const html = typeof email.html === 'string' ? email.html : ''
  const [kind, setKind] = useState(html === '' ? 'text' : 'html')
  const head = [
    [words.to, listed(email.to)],
    [words.cc, listed(email.cc)],
    [words.bcc, listed(email.bcc)],
    [words.replyTo, listed(email.reply_to)],
    [words.from, listed(email.from_name)],
  ].filter(([, value]) => value !== '')
  return (
    <div className={classes['email']}>
      <dl className={classes['emailHead']}>
        {head.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt className="visually-hidden">{words.subject}</dt>
          <dd className={classes['subject']}>{listed(email.subject)}</dd>
        </div>
      </dl>
      {html === '' ? null : (
        <SegmentedControl
          size="xs"
          aria-label={words.frame}
          value={kind}
          onChange={setKind}
          m={8}
          data={[
            { value: 'html', label: words.html },
            { value: 'text', label: words.text },
          ]}
        />
      )}
      {kind === 'html' && html !== '' ? (
        <iframe
          className={classes['frame']}
          title={words.frame}
          sandbox=""
          srcDoc={PLAIN + html}
          referrerPolicy="no-referrer"
        />
      ) : (
        <pre className={classes['emailText']} tabIndex={0}>
          {listed(email.text)}
        </pre>
      )}
    </div>
  )
}
