#!/usr/bin/env node
process.argv.splice(2, 0, new URL('../src/cli/main.ts', import.meta.url).pathname)
await import('../../../scripts/node24.mjs')
