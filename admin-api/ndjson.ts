// Lines of JSON on a stream: cuts bytes into lines of text, with a bound on the length of a line.
// It does not parse them.

import { EvsError } from './errors.ts'

const LINE_BYTES = 1 << 22

export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = pieces.pop() ?? ''
    if (rest.length > LINE_BYTES) {
      throw new EvsError('INTERNAL', { message: 'a line of the answer has no end' })
    }
    for (const piece of pieces) if (piece.trim() !== '') yield piece
  }
  if (rest.trim() !== '') yield rest
}
