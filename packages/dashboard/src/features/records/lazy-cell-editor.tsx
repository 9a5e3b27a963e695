import { lazy, Suspense, useLayoutEffect } from 'react'
import { FieldValue } from '../../components/field-value.tsx'
import { keepKeys, takeKeptKeys } from '../../lib/kept-keys.ts'
import type { CellEditorProps } from './cell-editor.tsx'

const CellEditor = lazy(() => import('./cell-editor.tsx'))

/** The editor of a value, loaded when the first one is wanted. The value stays in sight meanwhile, and what is typed goes into the editor. */
export function LazyCellEditor(props: CellEditorProps) {
  useLayoutEffect(() => {
    keepKeys()
    return () => void takeKeptKeys()
  }, [])
  return (
    <Suspense fallback={<FieldValue field={props.field} value={props.value} links={false} />}>
      <CellEditor {...props} />
    </Suspense>
  )
}
