#!/usr/bin/env -S node --max-semi-space-size=8
import { fileURLToPath } from 'node:url'

process.argv.splice(2, 0, fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)))
await import('../../../scripts/node24.mjs')
