import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { routeShapes } from './route-shapes.ts'

const api = process.env['KANTOS_URL'] ?? 'http://localhost:3000'

/** Modules whose import alone changes nothing, so that what isn't used of them is left out. */
const PURE = /\/packages\/model\/src\//
/** What every page needs changes least: a file of its own stays in the browser's cache over releases. */
const FRAMEWORK =
  /\/node_modules\/(?:react|react-dom|scheduler|@tanstack\/(?:react-router|router-core|history|react-store|store|react-query|query-core))\//
/** Parts that most pages have, together: many small files compress badly. */
const UI = /\/node_modules\/(?:@mantine|@floating-ui|@tabler|clsx|react-remove-scroll|aria-hidden|tabbable)\b/

export default defineConfig({
  plugins: [react(), routeShapes()],
  build: {
    outDir: 'dist',
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      treeshake: { moduleSideEffects: (id) => !PURE.test(id) },
      output: {
        codeSplitting: {
          groups: [
            { name: 'framework', test: FRAMEWORK, priority: 2 },
            { name: 'ui', test: UI, minShareCount: 12, priority: 1 },
          ],
        },
      },
    },
  },
  server: { port: 5173, proxy: { '/api': { target: api, changeOrigin: false } } },
})
