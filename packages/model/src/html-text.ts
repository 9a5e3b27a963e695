const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
  ['copy', '©'],
  ['reg', '®'],
  ['euro', '€'],
  ['laquo', '«'],
  ['raquo', '»'],
])
const BLOCKS = new Set(
  'address article blockquote div dl dt dd fieldset footer form h1 h2 h3 h4 h5 h6 header main ol p pre section table ul'.split(
    ' ',
  ),
)
const LINES = new Set(['br', 'tr', 'li'])
const HIDDEN = new Set(['head', 'style', 'script', 'title', 'template'])

/**
 * What an HTML e-mail says, as plain text: blocks become paragraphs, list items get a dash, links keep their address, entities
 * are read. One pass over the source, so its time grows with the length alone.
 *
 * @param html any text; broken markup is read as far as it goes
 * @returns text without blank lines at its ends
 */
export function htmlToText(html: string): string {
  let out = ''
  let link: { href: string; from: number } | null = null
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0 || !/[a-z!/?]/i.test(html[open + 1] ?? '')) {
      const end = open < 0 ? html.length : open + 1
      out += words(html.slice(at, end), out)
      at = end
      continue
    }
    out += words(html.slice(at, open), out)
    const close = html.startsWith('<!--', open) ? endOf(html, '-->', open) : endOfTag(html, open)
    const tag = html.slice(open, close)
    at = close
    const name = /^<\/?([a-z][a-z0-9]*)/i.exec(tag)?.[1]?.toLowerCase()
    if (name === undefined) continue
    const closing = tag[1] === '/'
    if (HIDDEN.has(name) && !closing) at = endOfElement(html, name, close)
    else if (BLOCKS.has(name)) out = paragraph(out)
    else if (LINES.has(name)) out = lineBreak(out, name, closing)
    else if ((name === 'td' || name === 'th') && closing) out += ' '
    else if (name === 'a' && !closing) link = { href: hrefOf(tag), from: out.length }
    else if (name === 'a' && link !== null) {
      const said = out.slice(link.from).trim()
      if (link.href !== '' && link.href !== said && link.href !== `mailto:${said}`)
        out += said === '' ? link.href : ` (${link.href})`
      link = null
    }
  }
  return tidy(out)
}

/** Trims the lines, and leaves one empty line between paragraphs at most. */
function tidy(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines
    .filter((line, index) => line !== '' || (lines[index - 1] ?? '') !== '')
    .join('\n')
    .trim()
}

function words(source: string, before: string): string {
  const text = decode(source).replaceAll(/[ \t\r\n\f]+/g, ' ')
  return /[\s]$|^$/.test(before.slice(-1)) ? text.trimStart() : text
}

function paragraph(text: string): string {
  return text === '' || text.endsWith('\n\n') ? text : text.endsWith('\n') ? `${text}\n` : `${text}\n\n`
}

function lineBreak(text: string, name: string, closing: boolean): string {
  if (name === 'br') return `${text}\n`
  const fresh = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return name === 'li' && !closing ? `${fresh}- ` : fresh
}

function endOf(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from)
  return at < 0 ? html.length : at + mark.length
}

/** The end of a tag; a `>` inside a quoted attribute isn't it. */
function endOfTag(html: string, open: number): number {
  let quote = ''
  for (let at = open + 1; at < html.length; at++) {
    const char = html[at]!
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '>') return at + 1
  }
  return html.length
}

function endOfElement(html: string, name: string, from: number): number {
  const pattern = new RegExp(`</${name}\\b`, 'gi')
  pattern.lastIndex = from
  return pattern.exec(html) === null ? html.length : endOf(html, '>', pattern.lastIndex)
}

function hrefOf(tag: string): string {
  const found = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(tag)
  const href = decode(found?.[1] ?? found?.[2] ?? found?.[3] ?? '').trim()
  return href.startsWith('#') ? '' : href
}

function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(String(name).toLowerCase()) ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code === 0 || code > 0x10_ff_ff || (code >= 0xd8_00 && code <= 0xdf_ff) ? '' : String.fromCodePoint(code)
  })
}
