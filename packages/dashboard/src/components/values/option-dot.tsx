import { optionColor } from '../../lib/option-color.ts'
import classes from './values.module.css'

/** The colour of a stage or choice. @param color as it is stored; undefined: that of an option which is gone */
export function OptionDot({ color }: { color: string | undefined }) {
  return <span className={classes['dot']} style={{ background: optionColor(color) }} aria-hidden="true" />
}
