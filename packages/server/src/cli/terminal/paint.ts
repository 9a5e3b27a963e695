import { stripVTControlCharacters, styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Colours for a stream: none when it isn't a terminal, or NO_COLOR is set. */
export interface Paint {
  (style: Style, text: string): string
}

/** Characters a line may have: the terminal's, at most `widest`; `widest` where nobody says. */
export function lineWidth(stream: NodeJS.WriteStream, widest: number): number {
  return Math.min(stream.columns || widest, widest)
}

export function createPaint(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream })
}

/** Characters that steer a terminal, or turn the direction of writing round. */
const STEERING = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** Text of others on one line, unable to move the cursor or to colour what follows. @param most characters, `…` included */
export function clean(text: string, most = Number.POSITIVE_INFINITY): string {
  const line = stripVTControlCharacters(text).replace(STEERING, ' ').trim()
  return [...line].length > most ? `${[...line].slice(0, most - 1).join('')}…` : line
}

/** Fills up to a width, counting what is seen. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...stripVTControlCharacters(text)].length))
}
