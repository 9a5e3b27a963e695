import { lazy, Suspense } from 'react'
import type { CellEditorProps } from './cell-editor.tsx'

const CellEditor = lazy(() => import('./cell-editor.tsx'))

/** The editor of a value, loaded when the first one is wanted. */
export function LazyCellEditor(props: CellEditorProps) {
  return (
    <Suspense>
      <CellEditor {...props} />
    </Suspense>
  )
}
