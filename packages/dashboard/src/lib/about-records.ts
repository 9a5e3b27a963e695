/** Whether an automation can be run on records that exist: it is about records, and not about deleted ones. */
export function isAboutRecords({ event, object }: { event: string; object?: unknown }): boolean {
  if (event === 'record.deleted' || event === 'schedule' || event === 'webhook.received') return false
  return typeof object === 'string' && object !== ''
}
