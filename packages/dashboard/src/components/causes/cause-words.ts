import { sentence } from '../../lib/sentence.ts'

/**
 * A cause as a person reads it: what differs from run to run (`#`) is left out where it stands at an end, also with "is empty" said of it, and is
 * an ellipsis elsewhere.
 *
 * @param cause as the API groups by, such as `#: the connection was refused`
 */
export function causeWords(cause: string): string {
  const inner = cause
    .replace(/^#:?\s+/, '')
    .replace(/: “[#…]” is empty(\.?)$/, '$1')
    .replace(/\s*(?::|,)?\s+#(\.?)$/, '$1')
  return sentence((inner === '' ? cause : inner).replaceAll('#', '…'))
}
