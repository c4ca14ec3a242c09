// What holds for every format: tolerance, --expires, limits, files that are no batch, and the
// promise that no bytes make the reader throw. The formats themselves have tests of their own.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CIPHERTEXT,
  catalogue,
  column,
  optionsFor,
  type Reading,
  read,
  SAMPLES,
  type SampleName,
  sample,
} from './batch-samples.ts'

const plain = (reading: Reading) => ({
  header: reading.header,
  problems: reading.problems,
  vouchers: reading.vouchers.map((row) => [
    row.serial,
    row.voucherPin.reveal(),
    row.product,
    row.expires,
  ]),
})

const persian = (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCharCode(0x6f0 + Number(digit)))
const arabic = (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)))

/** Keys, titles and marks in another letter case; values stay. */
const otherCase = (text: string) =>
  text
    .replace(/^[A-Za-z][\w ]*(?=:)/gm, (key) => key.toUpperCase().replaceAll(' ', ''))
    .replace(/^(\[.*]|start|end|serial,.*|operator,.*)$/gm, (mark) => mark.toUpperCase())

const TOLERATED: [name: string, change: (text: string) => string][] = [
  ['a byte order mark', (text) => `\ufeff${text}`],
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['lone CR', (text) => text.replaceAll('\n', '\r')],
  ['Persian digits', persian],
  ['Arabic digits', arabic],
  ['blank lines at the end', (text) => `${text}\n\r\n   \n\t\n`],
  ['no line end at the end', (text) => text.trimEnd()],
  ['keys in another letter case and spacing', otherCase],
  ['spaces before and after each line', (text) => text.replace(/^.*$/gm, '  $& \t')],
  ['spaces around values', (text) => text.replace(/[,;|:]/g, ' $&  ')],
  ['all of it', (text) => `\ufeff${persian(otherCase(text)).replaceAll('\n', ' \r\n')}\r\n\r\n`],
]

describe.each(SAMPLES)('the file %s', (name) => {
  it.each(TOLERATED)('reads the same with %s', async (_name, change) => {
    const good = await read(sample(name), optionsFor(name))
    const text = change(sample(name))
    expect(plain(await read(text, optionsFor(name)))).toEqual(plain(good))
  })

  it('reads the same in chunks of any size', async () => {
    const good = await read(sample(name), optionsFor(name))
    for (const size of [1, 2, 3, 17, 200]) {
      expect(plain(await read(sample(name), optionsFor(name), size))).toEqual(plain(good))
    }
  })

  it('never shows a PIN when its values are printed', async () => {
    const { vouchers } = await read(sample(name), optionsFor(name))
    const printed = JSON.stringify(vouchers)
    for (const row of vouchers) expect(printed).not.toContain(row.voucherPin.reveal())
  })
})

describe('the date of expiry', () => {
  it.each(['rightel.txt', 'aggregator.csv'] as const)('must be given for %s', async (name) => {
    const { header, problems } = await read(sample(name), {
      ...optionsFor(name),
      expires: undefined,
    })
    expect(header).toBeUndefined()
    expect(problems).toEqual([
      {
        line: 1,
        message: expect.stringMatching(/ files carry no date of expiry$/),
        hint: 'give the date with --expires YYYY-MM-DD',
      },
    ])
  })

  it.each(['mci-old.txt', 'mci-new.txt', 'mci-10k.csv', 'irancell.txt', 'generic.csv'] as const)(
    'must not be given for %s',
    async (name) => {
      const { problems } = await read(sample(name), { ...optionsFor(name), expires: 20290101 })
      expect(problems).toMatchObject([
        { line: 1, message: expect.stringMatching(/ files carry their own date of expiry$/) },
      ])
    },
  )

  it('given must be a day, and not in the past', async () => {
    const options = optionsFor('rightel.txt')
    const noDay = await read(sample('rightel.txt'), { ...options, expires: 20270229 })
    expect(noDay.problems).toMatchObject([{ message: '--expires: there is no such day' }])
    const past = await read(sample('rightel.txt'), { ...options, expires: 20260630 })
    expect(past.problems).toEqual([{ line: 1, message: 'expired on 2026-06-30' }])
    const today = await read(sample('rightel.txt'), { ...options, expires: 20260701 })
    expect(today.problems).toEqual([])
  })
})

describe('what is no batch file', () => {
  const options = optionsFor('generic.csv')

  it.each([
    ['nothing', '', 'the file is empty'],
    ['blank lines', '\n \n\r\n', 'the file is empty'],
    ['a byte order mark', '\ufeff', 'the file is empty'],
    ['prose', 'Dear customer,\nplease find attached\n', 'the format is not recognised'],
    ['JSON', '{"serial": 1}', 'the format is not recognised'],
    ['an armoured message', '-----BEGIN PGP MESSAGE-----\n\nhQE\n', 'the format is not recognised'],
  ])('is refused: %s', async (_name, text, message) => {
    const { header, vouchers, problems } = await read(text, options)
    expect(header).toBeUndefined()
    expect(vouchers).toEqual([])
    expect(problems).toMatchObject([{ line: 1, message }])
  })

  it('says so when it looks encrypted', async () => {
    for (const text of [CIPHERTEXT, '-----BEGIN PGP MESSAGE-----\n']) {
      const { problems } = await read(text, options)
      expect(problems[0]?.hint).toBe('if the file is encrypted, decrypt it first')
    }
  })

  it('is refused at the line where text turns into bytes', async () => {
    const bytes = Buffer.concat([Buffer.from(sample('generic.csv')), Buffer.from([0xff, 0xfe, 10])])
    const { problems } = await read(bytes, options)
    expect(problems).toMatchObject([{ line: 22 }])
  })
})

it('several blank lines among the rows are told once, where they begin', async () => {
  const lines = sample('generic.csv').split('\n')
  const text = [...lines.slice(0, 4), '', ' ', '', ...lines.slice(4)].join('\n')
  const { problems } = await read(text, optionsFor('generic.csv'))
  expect(problems).toEqual([{ line: 5, message: 'a blank line among the rows' }])
})

describe('a PIN', () => {
  it('stands in a file once, whatever the mobile operator', async () => {
    const rows = [
      '96000001,31049845900000,091905,2028-12-31',
      '96000002,31049845900000,093505,2028-12-31',
    ]
    const text = ['serial,pin,product,expiry', ...rows, ''].join('\n')
    const { problems } = await read(text, optionsFor('generic.csv'))
    expect(problems).toEqual([{ line: 3, message: 'the PIN is already on line 2' }])
  })
})

describe('limits', () => {
  const options = optionsFor('generic.csv')

  it('stop at the agreed number of problems and say that there are more', async () => {
    const text = sample('generic.csv').replaceAll('093205', '093299')
    const { problems, vouchers } = await read(text, { ...options, maxProblems: 3 })
    expect(problems.map((problem) => [problem.line, problem.message])).toEqual([
      [2, 'unknown product: 093299 is not in the catalogue'],
      [3, 'unknown product: 093299 is not in the catalogue'],
      [4, 'unknown product: 093299 is not in the catalogue'],
      [5, '... and more'],
    ])
    expect(vouchers).toEqual([])
  })

  it('do not say so when all problems were shown', async () => {
    const text = column(5, ',', 2, '093299')(sample('generic.csv'))
    const { problems } = await read(text, { ...options, maxProblems: 1 })
    expect(problems).toHaveLength(1)
  })

  it('hold for the number of vouchers', async () => {
    const { problems } = await read(sample('generic.csv'), { ...options, maxVouchers: 19 })
    expect(problems).toMatchObject([{ line: 21, message: 'more than 19 vouchers' }])
  })

  it('hold for the length of a line', async () => {
    const text = column(5, ',', 0, '9'.repeat(5000))(sample('generic.csv'))
    const { problems } = await read(text, options)
    expect(problems).toMatchObject([{ line: 5, message: 'the line is longer than 4096 bytes' }])
  })

  it('let the source go when reading stops early', async () => {
    let released = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('no batch file\n'.repeat(20))
      } finally {
        released = true
      }
    }
    const { parseBatch } = await import('../../../voucher-store/batch-formats/parse-batch.ts')
    for await (const part of parseBatch(source(), options)) expect(part.kind).toBe('end')
    expect(released).toBe(true)
  })

  it('give 50,000 vouchers in chunks, all of them', async () => {
    const rows = ['serial,pin,product,expiry']
    for (let i = 0; i < 50_000; i++) rows.push(`${1e10 + i},${1e14 + i * 7},093205,2028-12-31`)
    const { vouchers, count, problems } = await read(rows.join('\n'), options, 65_536)
    expect(problems).toEqual([])
    expect(count).toBe(50_000)
    expect(vouchers).toHaveLength(50_000)
    expect(vouchers.every((voucher, index) => voucher.line === index + 2)).toBe(true)
  })
})

describe('any bytes', () => {
  const name = fc.constantFrom<SampleName>(...SAMPLES)

  it('never throw, and end with a problem', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), name, async (bytes, like) => {
        const { problems } = await read(bytes, optionsFor(like), 50)
        expect(problems.length).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })

  it('put into a sample never throw, and show no PIN in a problem', async () => {
    const patch = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.integer({ min: 0, max: 30 }),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.string({ maxLength: 20 }).map((text) => Buffer.from(text)),
        fc
          .constantFrom(',', '|', ';', ' ', '\n', '[END]', 'end', '0', '"')
          .map((text) => Buffer.from(text)),
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        name,
        fc.array(patch, { minLength: 1, maxLength: 4 }),
        async (like, patches) => {
          let bytes: Buffer = Buffer.from(sample(like))
          for (const { at, remove, bytes: added } of patches) {
            const from = Math.floor(at * bytes.length)
            bytes = Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + remove)])
          }
          const reading = await read(bytes, optionsFor(like), 100)
          const said = JSON.stringify(reading.problems)
          expect(said).not.toMatch(/\d{8}/)
          if (reading.problems.length === 0) expect(reading.vouchers).toHaveLength(reading.count)
          for (const voucher of reading.vouchers) expect(catalogue.has(voucher.product)).toBe(true)
        },
      ),
      { numRuns: 700 },
    )
  })
})
