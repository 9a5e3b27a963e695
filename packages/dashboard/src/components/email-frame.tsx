import classes from './email-frame.module.css'

interface EmailFrameProps {
  html: string
  /** what it is, for screen readers */
  title: string
  /** px; absent: as high as its place */
  height?: number
}

/** Shown without scripts, forms and the network: user text never becomes HTML outside this frame. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'"

/** An e-mail as it looks, in a sandbox. Its images from the web aren't loaded. Source: SPEC.md, section 13 */
export function EmailFrame({ html, title, height }: EmailFrameProps) {
  const page = `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><base target="_blank"><style>body{margin:16px;background:#fff;color:#1b1b20;font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;overflow-wrap:anywhere}img{max-width:100%}</style></head><body>${html}</body></html>`
  return (
    <iframe
      className={classes.frame}
      style={height === undefined ? undefined : { height }}
      title={title}
      sandbox=""
      referrerPolicy="no-referrer"
      srcDoc={page}
    />
  )
}
