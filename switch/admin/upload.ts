// A file that arrives in the body of an admin request: read while it comes, counted, and cut off at
// its limit. Nothing is kept here.

import { EvsError } from '../../admin-api/errors.ts'

export async function* limited(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncIterable<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.byteLength
    if (bytes > mostBytes) {
      const message = `the file is larger than ${mostBytes} bytes`
      throw new EvsError('TOO_LARGE', { message })
    }
    yield chunk
  }
}
