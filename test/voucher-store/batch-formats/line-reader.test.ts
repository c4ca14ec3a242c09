// Lines out of bytes: line ends, digits, limits, and what is not text. It knows no format.
// Every check runs with the bytes cut in several places.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLines } from '../../../voucher-store/batch-formats/line-reader.ts'

interface Lines {
  lines: string[]
  fault: { line: number; message: string; hint?: string } | undefined
}

async function linesOf(content: string | Uint8Array, chunkBytes = 64, max = 100): Promise<Lines> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const result: Lines = { lines: [], fault: undefined }
  for await (const block of readLines(chunksOf(bytes, chunkBytes), max)) {
    expect(result.fault).toBeUndefined()
    if (block.kind === 'lines') result.lines.push(...block.lines)
    else result.fault = block.problem
  }
  return result
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('the reader of lines', () => {
  it.each([
    ['LF', 'a\nb\n\nc\n'],
    ['CRLF', 'a\r\nb\r\n\r\nc\r\n'],
    ['lone CR', 'a\rb\r\rc\r'],
    ['mixed ends', 'a\r\nb\n\rc'],
    ['a byte order mark', '\ufeffa\nb\n\nc'],
  ])('takes %s, however the bytes are cut', async (_name, text) => {
    for (let size = 1; size <= text.length + 3; size++) {
      const { lines, fault } = await linesOf(text, size)
      expect(lines).toEqual(['a', 'b', '', 'c'])
      expect(fault).toBeUndefined()
    }
  })

  it('turns Persian and Arabic digits into ASCII and leaves other text alone', async () => {
    for (const size of [1, 2, 3, 7, 100]) {
      const { lines } = await linesOf('۰۱۲۳۴۵۶۷۸۹\n٠١٢٣٤٥٦٧٨٩\nایرانسل 5\n', size)
      expect(lines).toEqual(['0123456789', '0123456789', 'ایرانسل 5'])
    }
  })

  it('gives nothing for an empty stream', async () => {
    expect(await linesOf('')).toEqual({ lines: [], fault: undefined })
  })

  it('stops at a line that is too long, with its number', async () => {
    for (const size of [1, 50, 1000]) {
      const text = `short\nalso short\n${'x'.repeat(101)}\nafter\n`
      const { lines, fault } = await linesOf(text, size)
      expect(lines).toEqual(['short', 'also short'])
      expect(fault).toMatchObject({ line: 3, message: 'the line is longer than 100 bytes' })
    }
  })

  it('takes a line of exactly the longest length, with CRLF', async () => {
    const { lines, fault } = await linesOf(`${'x'.repeat(100)}\r\ny\r\n`, 1)
    expect(lines).toEqual(['x'.repeat(100), 'y'])
    expect(fault).toBeUndefined()
  })

  it('does not gather a line without an end', async () => {
    let given = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given++
        yield new Uint8Array(1000).fill(65)
      }
    }
    const blocks = []
    for await (const block of readLines(endless(), 4096)) blocks.push(block)
    expect(blocks).toMatchObject([{ kind: 'fault', problem: { line: 1 } }])
    expect(given).toBeLessThan(6)
  })

  it('names the line that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('one\ntwo\n'), Buffer.from([0xe1, 0xcc, 10, 65, 10])])
    for (const size of [1, 2, 100]) {
      const { lines, fault } = await linesOf(bytes, size)
      expect(lines).toEqual(['one', 'two'])
      expect(fault).toMatchObject({
        line: 3,
        message: 'not a text file: the line is not UTF-8 text',
      })
    }
  })

  it.each([
    ['UTF-16', Buffer.from('\ufeffserial', 'utf16le'), 'not a text file: the text is UTF-16'],
    [
      'a spreadsheet',
      Buffer.from([0x50, 0x4b, 3, 4, 20, 0]),
      'not a text file: a ZIP or spreadsheet file',
    ],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'not a text file: a gzip file'],
    ['a zero byte', Buffer.from('ab\0c\n'), 'not a text file: the line is not UTF-8 text'],
  ])('refuses %s', async (_name, bytes, message) => {
    const { fault } = await linesOf(bytes)
    expect(fault).toMatchObject({ line: 1, message })
    expect(fault?.hint).toBeTruthy()
  })

  it('gives the same lines however the bytes are cut', async () => {
    const piece = fc.constantFrom('a', 'سلام', '۴', '\n', '\r', '\r\n', 'x'.repeat(60), '\ufeff')
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (pieces, size) => {
          const text = pieces.join('')
          expect(await linesOf(text, size)).toEqual(await linesOf(text, 1_000_000))
        },
      ),
      { numRuns: 300 },
    )
  })
})
