// Lines of a stream, wherever its chunks end.

import { expect, it } from 'vitest'
import { linesOf } from '../../admin-api/ndjson.ts'

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

it.each([1, 2, 3, 7, 1_000])('are whole in chunks of %i bytes', async (size) => {
  const lines: string[] = []
  const text = '{"name":"فروشگاه"}\n\n{"name":"نیلوفر"}\r\n{"name":"last"}'
  for await (const line of linesOf(chunksOf(text, size))) lines.push(line.trim())
  expect(lines).toEqual(['{"name":"فروشگاه"}', '{"name":"نیلوفر"}', '{"name":"last"}'])
})
