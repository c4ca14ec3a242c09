// The whole of an uploaded file as text, for fakes that remember what they were sent.
// It decodes UTF-8 and checks nothing.

export async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
