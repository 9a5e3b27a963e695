/** Bytes of a file that its preview is made of. */
const HEAD = 1024 * 1024
const QUOTE = 0x22
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** The beginning of a CSV file, to be shown before all of it is sent. */
export interface FileHead {
  part: Blob
  /** how many times longer the file is; 1: the part is all of it */
  times: number
}

/** The first 1 MiB of a CSV file, up to the end of a row. */
export async function headOfFile(file: Blob, size: number = HEAD): Promise<FileHead> {
  if (file.size <= size) return { part: file, times: 1 }
  const end = endOfRows(new Uint8Array(await file.slice(0, size).arrayBuffer()))
  return { part: file.slice(0, end), times: file.size / end }
}

/** Where the last whole row ends: at a line end that stands in no quotes, else anywhere. UTF-16 has quotes and line ends at odd places, too. */
function endOfRows(bytes: Uint8Array): number {
  let isQuoted = false
  let end = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) isQuoted = !isQuoted
    else if (!isQuoted && (byte === LINE_FEED || byte === CARRIAGE_RETURN)) end = at + 1
  }
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (isWide) return bytes.length - (bytes.length % 2)
  return end === 0 ? bytes.length : end
}
