import { Copy } from '../../components/copy.tsx'
import classes from './settings.module.css'

/** A value to copy: a key, a link, a secret. */
export function ShownOnce({ value, label }: { value: string; label: string }) {
  return (
    <div className={classes.secret}>
      <span>{value}</span>
      <Copy value={value} label={label} />
    </div>
  )
}
