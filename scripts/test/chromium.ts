import { existsSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** @returns the path of a Chromium on this machine, `CHROMIUM_PATH` first; null when there is none */
export function findChromium(): string | null {
  const wanted = process.env.CHROMIUM_PATH
  if (wanted !== undefined && wanted !== '') return existsSync(wanted) ? wanted : null
  return PLACES.find((path) => existsSync(path)) ?? null
}
