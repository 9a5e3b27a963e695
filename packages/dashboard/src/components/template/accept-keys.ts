import { acceptCompletion, completionStatus } from '@codemirror/autocomplete'
import { type Extension, Prec } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { expressionBefore } from './complete.ts'

/**
 * Enter and Tab take the highlighted name. Tab only while the list is open, so that it leaves the field otherwise. Enter also while the list of an
 * open placeholder is still being made: it is taken as soon as it is there, and only if there is none, Enter is a line break.
 *
 * @param bare the whole text is an expression
 */
export function acceptKeys(bare: boolean): Extension {
  let isWanted = false
  const enter = (view: EditorView): boolean => {
    if (acceptCompletion(view)) return true
    isWanted = completionStatus(view.state) === 'pending' && expressionBefore(view.state, bare) !== null
    return isWanted
  }
  return [
    Prec.highest(
      keymap.of([
        { key: 'Enter', run: enter },
        { key: 'Tab', run: (view) => completionStatus(view.state) === 'active' && acceptCompletion(view) },
      ]),
    ),
    EditorView.updateListener.of(({ view, docChanged, selectionSet }) => {
      if (!isWanted) return
      const status = completionStatus(view.state)
      const hasMovedOn = docChanged || selectionSet
      if (status === 'pending' && !hasMovedOn) return
      isWanted = false
      if (hasMovedOn || (status === 'active' && acceptCompletion(view)) || view.state.readOnly) return
      view.dispatch(view.state.replaceSelection(view.state.lineBreak), { userEvent: 'input', scrollIntoView: true })
    }),
  ]
}
