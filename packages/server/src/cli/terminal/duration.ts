/** `0` → `<1 ms`, `1234` → `1.2 s`, `90000` → `1 min 30 s`; null → nothing. @param ms milliseconds */
export function durationWords(ms: number | null): string {
  if (ms === null) return ''
  if (ms < 1) return '<1 ms'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const units: [ms: number, word: string][] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ]
  const first = units.findIndex(([unit]) => ms >= unit)
  const [[unit, word], next] = [units[first]!, units[first + 1]]
  const rest = next === undefined ? 0 : Math.floor((ms % unit) / next[0])
  return `${Math.floor(ms / unit)} ${word}${rest > 0 ? ` ${rest} ${next![1]}` : ''}`
}
