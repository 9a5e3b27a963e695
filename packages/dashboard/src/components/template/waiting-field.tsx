import { Input } from '@mantine/core'
import type { CSSProperties } from 'react'
import classes from './template-field.module.css'
import type { TemplateFieldProps } from './template-field.tsx'

/** What stands in a template field's place while it is loaded: the text, as high as it will be. */
export function WaitingField({ label, value, description, multiline, html, lines = [5, 16] }: TemplateFieldProps) {
  return (
    <Input.Wrapper label={label} labelElement="div" description={description} size="sm" aria-busy>
      <div
        className={classes['box']}
        data-html={html || undefined}
        data-described={description === undefined ? undefined : true}
      >
        <div
          className={classes['waiting']}
          style={
            {
              minHeight: multiline === true ? lines[0] * 20 + 14 : 34,
              maxHeight: lines[1] * 20 + 14,
              overflow: 'hidden',
            } as CSSProperties
          }
        >
          {value}
        </div>
      </div>
    </Input.Wrapper>
  )
}
