import { Input } from '@mantine/core'
import type { CSSProperties } from 'react'
import { keepKeys, takeKeptKeys } from '../../lib/kept-keys.ts'
import classes from './template-field.module.css'
import type { TemplateFieldProps } from './template-field.tsx'

interface WaitingFieldProps extends TemplateFieldProps {
  /** whether the field shall have the keyboard once it is there */
  onWanted(isWanted: boolean): void
}

/**
 * What stands in a template field's place while it is loaded: the text, as high as it will be. It takes the focus for the field, and what is typed
 * goes there.
 */
export function WaitingField(props: WaitingFieldProps) {
  const { label, value, description, multiline, html, lines = [5, 16], onWanted } = props
  return (
    <Input.Wrapper label={label} labelElement="div" description={description} size="sm" aria-busy>
      <div
        className={classes['box']}
        data-html={html || undefined}
        data-described={description === undefined ? undefined : true}
      >
        <div
          className={classes['waiting']}
          role="textbox"
          aria-label={label}
          aria-multiline={multiline}
          aria-busy
          tabIndex={0}
          onFocus={() => {
            onWanted(true)
            keepKeys()
          }}
          onClick={keepKeys}
          onBlur={() => {
            onWanted(false)
            takeKeptKeys()
          }}
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
