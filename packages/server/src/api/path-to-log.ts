/** A path as the log may hold it: without the token of an automation's own URL. */
export function pathToLog(path: string): string {
  return path.replace(/(\/webhooks\/automation\/[^/]*\/).+/i, '$1••••')
}
