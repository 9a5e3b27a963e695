/** One e-mail address, checked: safe to hand to a mail server as it is. */
export interface MailAddress {
  address: string
  /** The display name of `Ada Lovelace <ada@example.org>`. */
  name?: string
}

export interface AddressError {
  error: 'INVALID_ADDRESS'
  /** What is wrong, in words for a person. */
  message: string
}

const LONGEST_ADDRESS = 254
const LONGEST_LOCAL_PART = 64
const LONGEST_LABEL = 63
const LONGEST_NAME = 200

// A message never shows more of a bad address than this.
const SHOWN = 80

const ATOM = /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+$/u
const LABEL = /^[\p{L}\p{N}\p{M}]([\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?$/u

/**
 * Reads ONE address: `ada@example.org`, `<ada@example.org>`, `Ada <ada@example.org>` or `"Ada L." <ada@example.org>`.
 * Stricter than RFC 5322 on purpose: whatever could be read as a second recipient or a second header is refused, so a
 * comma, a semicolon or a line break anywhere, quoted local parts, comments, groups and address literals.
 *
 * @param text as a template rendered it; blanks around it are left out
 * @returns the address as written, or what is wrong with it
 * Source: SPEC-DETAILS.md, section 6
 */
export function validateAddress(text: string): MailAddress | AddressError {
  if (/\p{Cc}|\p{Cs}|[\u2028\u2029]/u.test(text))
    return invalid(text, 'holds a line break or another control character')
  if (/[,;]/.test(text)) return invalid(text, 'holds a comma or semicolon; give one address, or a list of addresses')
  const trimmed = text.trim()
  if (trimmed === '') return { error: 'INVALID_ADDRESS', message: 'The address is empty.' }
  if (trimmed.length > LONGEST_ADDRESS + LONGEST_NAME) return invalid(text, 'is too long')
  if (!trimmed.endsWith('>')) return checkAddress(trimmed)
  const open = trimmed.indexOf('<')
  if (open === -1) return invalid(text, 'has ">" without "<"')
  const checked = checkAddress(trimmed.slice(open + 1, -1))
  if ('error' in checked) return checked
  const name = readName(trimmed.slice(0, open).trim())
  if (name === null) return invalid(text, 'has a display name that is not plain or quoted text')
  return name === '' ? checked : { address: checked.address, name }
}

function checkAddress(address: string): MailAddress | AddressError {
  if (address.length > LONGEST_ADDRESS) return invalid(address, `is longer than ${LONGEST_ADDRESS} characters`)
  const parts = address.split('@')
  const [local, domain] = parts
  if (parts.length !== 2 || local === undefined || domain === undefined) {
    return invalid(address, parts.length === 1 ? 'has no @' : 'has more than one @')
  }
  if (local.length > LONGEST_LOCAL_PART || !local.split('.').every((atom) => ATOM.test(atom))) {
    return invalid(address, 'is not valid before the @')
  }
  const labels = domain.split('.')
  const isNumber = /^\d+$/.test(labels.at(-1) ?? '')
  if (isNumber || !labels.every((label) => label.length <= LONGEST_LABEL && LABEL.test(label))) {
    return invalid(address, 'is not valid after the @')
  }
  return { address }
}

/** The name without its quotes; '' when there is none, null when it is malformed. */
function readName(text: string): string | null {
  if (text.length > LONGEST_NAME) return null
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)
  if (quoted?.[1] !== undefined) return quoted[1].replace(/\\(["\\])/g, '$1').trim()
  return /["<>@\\]/.test(text) ? null : text
}

function invalid(text: string, what: string): AddressError {
  const visible = text.slice(0, SHOWN).replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ')
  const shown = text.length > SHOWN ? `${visible}…` : visible
  return { error: 'INVALID_ADDRESS', message: `"${shown}" ${what}.` }
}
