// Cuts a stream of bytes into lines of text, in blocks. Takes LF, CRLF and lone CR, a byte order
// mark, and turns Persian and Arabic digits into ASCII. Anything that is not plain text ends the
// stream with one fault and its line. It knows nothing of vouchers. Memory is bounded by the
// longest line allowed and one window, however large the chunks are.

import type { BatchProblem } from './batch-format.ts'

export type LineBlock =
  | { readonly kind: 'lines'; readonly lines: string[] }
  | { readonly kind: 'fault'; readonly problem: BatchProblem }

const WINDOW_BYTES = 65_536
const LF = 10
const CR = 13

export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<LineBlock, void, undefined> {
  const state: ReadState = { line: 1, atStart: true, maxLineBytes }
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += WINDOW_BYTES) {
      const bytes = joined(rest, chunk.subarray(at, at + WINDOW_BYTES))
      const cut = endOfLastLine(bytes)
      rest = bytes.subarray(cut)
      if (cut > 0) {
        const blocks = blockOf(withoutLineEnd(bytes.subarray(0, cut)), state)
        yield* blocks
        if (blocks.some((block) => block.kind === 'fault')) return
      }
      // One byte more, for a CR that waits for its LF.
      if (rest.length > maxLineBytes + 1) {
        yield fault(state.line, ...tooLong(maxLineBytes))
        return
      }
    }
  }
  if (rest.length > 0) yield* blockOf(withoutLineEnd(rest), state)
}

interface ReadState {
  line: number
  atStart: boolean
  readonly maxLineBytes: number
}

function joined(rest: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (rest.length === 0) return bytes
  const both = new Uint8Array(rest.length + bytes.length)
  both.set(rest)
  both.set(bytes, rest.length)
  return both
}

/** Where the last complete line ends. A CR in the last place may be half of a CRLF: not yet. */
function endOfLastLine(bytes: Uint8Array): number {
  const lf = bytes.lastIndexOf(LF)
  const cr = bytes.length < 2 ? -1 : bytes.lastIndexOf(CR, bytes.length - 2)
  return Math.max(lf, cr) + 1
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  const last = bytes[bytes.length - 1]
  if (last === LF && bytes[bytes.length - 2] === CR) return bytes.subarray(0, -2)
  return last === LF || last === CR ? bytes.subarray(0, -1) : bytes
}

function blockOf(bytes: Uint8Array, state: ReadState): LineBlock[] {
  let body = bytes
  if (state.atStart) {
    const foreign = foreignFile(bytes)
    if (foreign !== undefined) return [foreign]
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) body = bytes.subarray(3)
    state.atStart = false
  }
  const text = textOf(body)
  if (text === undefined) return faultInside(body, state)
  const lines = text.split(text.includes('\r') ? /\r\n|\r|\n/ : '\n')
  const bad = lines.findIndex((line) => longerThan(line, state.maxLineBytes))
  const firstLine = state.line
  state.line += lines.length
  const plain = body.length === text.length
  const good = bad < 0 ? lines : lines.slice(0, bad)
  const blocks: LineBlock[] = [{ kind: 'lines', lines: plain ? good : good.map(asciiDigits) }]
  if (bad >= 0) blocks.push(fault(firstLine + bad, ...tooLong(state.maxLineBytes)))
  return blocks
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return CONTROL.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** The lines before the first one that is not text, and the fault at that line. */
function faultInside(bytes: Uint8Array, state: ReadState): LineBlock[] {
  const lines: string[] = []
  let what: [message: string, hint: string] = [
    'not a text file: the line is not UTF-8 text',
    'unpack or decrypt the file, or save it as UTF-8',
  ]
  for (let at = 0; at <= bytes.length; ) {
    let end = at
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end++
    const text = textOf(bytes.subarray(at, end))
    if (text === undefined) break
    if (longerThan(text, state.maxLineBytes)) {
      what = tooLong(state.maxLineBytes)
      break
    }
    lines.push(asciiDigits(text))
    at = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1)
  }
  return [{ kind: 'lines', lines }, fault(state.line + lines.length, ...what)]
}

function foreignFile(bytes: Uint8Array): LineBlock | undefined {
  const [a, b, c, d] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return fault(1, 'not a text file: the text is UTF-16', 'save it as UTF-8')
  }
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) {
    return fault(1, 'not a text file: a ZIP or spreadsheet file', 'unpack it, or export it as CSV')
  }
  if (a === 0x1f && b === 0x8b) return fault(1, 'not a text file: a gzip file', 'unpack it')
  return undefined
}

/** Every character takes at least one byte, so most lines need no counting of bytes. */
function longerThan(line: string, maxBytes: number): boolean {
  return line.length * 3 > maxBytes && new TextEncoder().encode(line).length > maxBytes
}

/** Persian and Arabic digits become ASCII; everything else stays. */
export function asciiDigits(line: string): string {
  return line.replace(/[\u06f0-\u06f9\u0660-\u0669]/g, (digit) =>
    String.fromCharCode(48 + (digit.charCodeAt(0) & 15)),
  )
}

function tooLong(maxLineBytes: number): [message: string, hint: string] {
  return [`the line is longer than ${maxLineBytes} bytes`, 'check that this is a batch file']
}

function fault(line: number, message: string, hint: string): LineBlock {
  return { kind: 'fault', problem: { line, message, hint } }
}
