/** The IANA names of time zones that the browser knows, UTC first. */
const KNOWN = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]

/** All time zones to choose from; a chosen one is among them though the browser may not know it. */
export function timeZones(chosen: string | null): string[] {
  return chosen === null || KNOWN.includes(chosen) ? KNOWN : [chosen, ...KNOWN]
}
