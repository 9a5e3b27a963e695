import { domainToASCII } from 'node:url'
import { type MailAddress, validateAddress } from '@kantos/model/address'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Mail, MailFailureCode } from '../mailer.ts'

export interface ComposedMail {
  /** Who the server is told, apart from what the headers say; each recipient once. */
  envelope: { from: string; to: string[] }
  message: Buffer
}

export interface RefusedMail {
  failed: { code: MailFailureCode; message: string }
}

/** What the mail's own parts set; a second one would contradict them. */
const OWN_HEADERS =
  /^(from|sender|to|cc|bcc|reply-to|subject|date|message-id|mime-version|return-path|content-.*|dkim-.*)$/i
const HEADER_NAME = /^[!-9;-~]{1,76}$/
const MESSAGE_ID = /^<[^\s<>@\p{Cc}]{1,200}@[^\s<>@\p{Cc}]{1,200}>$/u

/**
 * Checks a mail and writes it out as MIME. Every recipient is read as one address and passed on as an object, so no text
 * can add another; content is only ever text, never a path or a URL.
 *
 * @param sender used when the mail names no `from`
 * Source: SPEC-DETAILS.md, section 6
 */
export async function composeMail(mail: Mail, sender: MailAddress): Promise<ComposedMail | RefusedMail> {
  const refuse = (code: MailFailureCode, message: string): RefusedMail => ({ failed: { code, message } })
  const read: Record<'from' | 'to' | 'cc' | 'bcc' | 'replyTo', MailAddress[]> = {
    from: [],
    to: [],
    cc: [],
    bcc: [],
    replyTo: [],
  }
  const given = {
    ...mail,
    from: mail.from === undefined ? [] : [mail.from],
    replyTo: mail.replyTo === undefined ? [] : [mail.replyTo],
  }
  for (const part of ['from', 'to', 'cc', 'bcc', 'replyTo'] as const) {
    for (const text of given[part] ?? []) {
      const address = validateAddress(text)
      if ('error' in address) return refuse('INVALID_ADDRESS', `${part}: ${address.message}`)
      read[part].push({ ...address, address: withAsciiDomain(address.address) })
    }
  }
  const recipients = [...new Set([...read.to, ...read.cc, ...read.bcc].map(({ address }) => address))]
  if (recipients.length === 0) return refuse('NO_RECIPIENT', 'There is nobody to send the e-mail to.')
  if (!MESSAGE_ID.test(mail.messageId)) return refuse('INVALID_MAIL', 'The Message-ID must look like <unique@host>.')
  for (const [name, value] of Object.entries(mail.headers ?? {})) {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.test(name)) {
      return refuse('INVALID_MAIL', `The header ${JSON.stringify(name)} cannot be set.`)
    }
    if (/\p{Cc}/u.test(value))
      return refuse('INVALID_MAIL', `The header ${name} holds a line break or control character.`)
  }
  const from = read.from[0] ?? { ...sender, address: withAsciiDomain(sender.address) }
  const name = mail.fromName === undefined ? from.name : oneLine(mail.fromName)
  const asObject = ({ address, name: own }: MailAddress) => ({ address, name: own ?? '' })
  const composer = new MailComposer({
    from: { address: from.address, name: name ?? '' },
    to: read.to.map(asObject),
    cc: read.cc.map(asObject),
    replyTo: read.replyTo.map(asObject),
    subject: oneLine(mail.subject),
    html: mail.html === undefined ? undefined : String(mail.html),
    text: mail.text === undefined ? (mail.html === undefined ? '' : undefined) : String(mail.text),
    messageId: mail.messageId,
    headers: mail.headers,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    return { envelope: { from: from.address, to: recipients }, message: await composer.compile().build() }
  } catch (error) {
    return refuse('INVALID_MAIL', `The e-mail cannot be written: ${oneLine(String(error))}`)
  }
}

/** A line break in a subject came from somebody's data; it is a blank. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
}

function withAsciiDomain(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  return /^[\x20-\x7e]*$/.test(domain) ? address : `${address.slice(0, at)}@${domainToASCII(domain) || domain}`
}
