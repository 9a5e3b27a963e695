import { verifyInbound } from '../../webhooks/verify.ts'
import { clean, type Paint } from '../terminal/paint.ts'
import type { ReceivedMail, ReceivedWebhook } from './receivers.ts'

const INDENT = '    '

/** An e-mail as the mail server got it, in a frame that is open on the right. */
export function mailLines({ from, to, subject, text }: ReceivedMail, paint: Paint): string[] {
  const headers = Object.entries({ From: from, To: to, Subject: subject }).map(
    ([name, value]) => `${paint('dim', `${name}:`.padEnd(9))}${clean(value)}`,
  )
  return frame(
    'the e-mail, as the mail server received it',
    [...headers, '', ...text.split('\n').map((line) => clean(line))],
    paint,
  )
}

/** A webhook as its receiver got it, with both signatures checked as a receiver checks them. */
export function webhookLines(
  { path, headers, body }: ReceivedWebhook,
  secret: string,
  width: number,
  paint: Paint,
): string[] {
  const { 'webhook-signature': standard, ...others } = headers
  const own = verifyInbound(others, body, secret, Date.now())
  const verdict = (name: string, value: unknown, ok: boolean) =>
    `${paint('dim', name)} ${clean(String(value ?? 'missing'), 28)} ${ok ? paint('green', '✓ verified') : paint('red', '✗ wrong')}`
  return frame(
    'the webhook, as its receiver got it',
    [
      `POST ${clean(path)}`,
      clean(body, width - INDENT.length - 2),
      verdict(
        'webhook-signature ',
        standard,
        standard !== undefined && verifyInbound(headers, body, secret, Date.now()).ok,
      ),
      verdict('x-kantos-signature', headers['x-kantos-signature'], own.ok),
    ],
    paint,
  )
}

function frame(title: string, lines: string[], paint: Paint): string[] {
  return [
    `${INDENT}${paint('dim', `╭ ${title}`)}`,
    ...lines.map((line) => `${INDENT}${paint('dim', '│')} ${line}`.trimEnd()),
  ]
}
