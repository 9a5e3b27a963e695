import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = process.env['KANTOS_URL'] ?? 'http://localhost:3000'

/** Modules whose import alone changes nothing, so that what isn't used of them is left out. */
const PURE = /\/packages\/model\/src\//
/** What every page needs changes least: a file of its own stays in the browser's cache over releases. */
const FRAMEWORK =
  /\/node_modules\/(?:react|react-dom|scheduler|@tanstack\/(?:react-router|router-core|history|react-store|store|react-query|query-core))\//

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      treeshake: { moduleSideEffects: (id) => !PURE.test(id) },
      output: { codeSplitting: { groups: [{ name: 'framework', test: FRAMEWORK }] } },
    },
  },
  server: { port: 5173, proxy: { '/api': { target: api, changeOrigin: false } } },
})
