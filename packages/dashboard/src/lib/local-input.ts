const two = (value: number): string => String(value).padStart(2, '0')

/** An instant as an input of type `datetime-local` wants it, in the reader's zone: `2026-11-23T15:04`. */
export function toLocalInput(iso: string): string {
  const at = new Date(iso)
  if (iso === '' || Number.isNaN(at.getTime())) return ''
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** What such an input holds, as an instant in UTC; null when it is empty. */
export function fromLocalInput(text: string): string | null {
  const at = new Date(text)
  return text === '' || Number.isNaN(at.getTime()) ? null : at.toISOString()
}
