import { TemplateField } from '../components/template/template-field.tsx'
import { strings } from '../strings/actions.ts'
import { type ActionFormProps, orNothing, textIn } from './form.ts'

/** Stop: why. */
export function StopForm({ config, set }: ActionFormProps) {
  return (
    <TemplateField
      label={strings.stop.reason}
      description={strings.stop.reasonHint}
      value={textIn(config, 'reason')}
      onChange={(text) => set('reason', orNothing(text))}
      path="/config/reason"
    />
  )
}
