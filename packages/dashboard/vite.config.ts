import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { routeShapes } from './route-shapes.ts'

const api = process.env['KANTOS_URL'] ?? 'http://localhost:3000'

/** Modules whose import alone changes nothing, so that what isn't used of them is left out. */
const PURE = /\/packages\/model\/src\//
/** What every page needs changes least: a file of its own stays in the browser's cache over releases. */
const FRAMEWORK =
  /\/node_modules\/(?:react|react-dom|scheduler|@tanstack\/(?:react-router|router-core|history|react-store|store|react-query|query-core))\//
/** What opens above a page: the first look at it needs none of them. */
const POPUPS =
  /\/node_modules\/(?:@floating-ui|@mantine\/core\/.*\/(?:Popover|Floating|Menu|Tooltip|Combobox|Select|ScrollArea|FocusTrap|Modal|ModalBase|Drawer|Overlay))\b/
/** Small parts of popups that other controls have too: without a file of their own they'd bring all popups along. */
const PARTS =
  /\/node_modules\/(?:react-remove-scroll|react-style-singleton|use-sidecar|use-callback-ref|tslib|@mantine\/.*\/(?:ComboboxChevron|get-parsed-combobox-data|to-int|get-style-object|use-window-event)\.mjs$)/
/** Parts that most pages have, together: many small files compress badly. */
const UI = /\/node_modules\/(?:@mantine|@tabler|clsx|aria-hidden|tabbable)\b/

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
            { name: 'parts', test: PARTS, priority: 1 },
            { name: 'popups', test: POPUPS, minShareCount: 4, priority: 0 },
            { name: 'ui', test: (id) => UI.test(id) && !POPUPS.test(id), minShareCount: 16, priority: 2 },
          ],
        },
      },
    },
  },
  server: { port: 5173, proxy: { '/api': { target: api, changeOrigin: false } } },
})
