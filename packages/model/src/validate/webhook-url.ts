import type { NameProblem } from './names.ts'

/**
 * What is wrong with the part of a webhook's URL that stands before its first placeholder, or with the whole when it has none.
 * Whether the address may be reached is decided when it is called.
 *
 * Source: SPEC.md, sections 3 and 11
 */
export function urlProblem(url: string): NameProblem | null {
  const open = url.indexOf('{{')
  const fixed = (open < 0 ? url : url.slice(0, open)).trimStart()
  if (url.trim() === '') return { message: 'url is empty', hint: 'such as https://example.com/hook' }
  if (open >= 0 && !fixed.includes(':') && 'https://'.startsWith(fixed.toLowerCase())) return null
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(fixed)?.[1]?.toLowerCase()
  if (scheme === undefined || (!fixed.includes('://') && fixed.includes('.')))
    return { message: 'url needs its scheme', hint: `https://${fixed.slice(0, 100)}${open < 0 ? '' : '…'}` }
  if (scheme !== 'http' && scheme !== 'https')
    return { message: `url can't begin with ${scheme}:`, hint: 'only http:// and https:// can be called' }
  if (open >= 0)
    return /^https?:\/{0,2}$/i.test(fixed) || /^https?:\/\/[^/\s]/i.test(fixed) ? null : { message: 'url has no host' }
  if (!URL.canParse(url.trim()) || !/^https?:\/\/[^/]/i.test(fixed))
    return { message: `${JSON.stringify(url.slice(0, 100))} is not a URL`, hint: 'such as https://example.com/hook' }
  return null
}
