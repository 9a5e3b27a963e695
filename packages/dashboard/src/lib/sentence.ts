/** With a capital letter at its beginning, and a full stop. */
export function sentence(words: string): string {
  const text = words.trim()
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return text === '' || /[.!?…:]$/.test(text) ? whole : `${whole}.`
}
