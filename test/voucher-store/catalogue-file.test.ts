// The catalogue file: the starter catalogue, what is tolerated and what is refused.
// Where its rows go is not tested here.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCatalogue } from '../../voucher-store/catalogue-file.ts'

const starter = readFileSync(new URL('../../catalogue/starter.csv', import.meta.url), 'utf8')
const TITLE = 'product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom'
const ROW = '091905,MCI,"MCI 50,000",همراه اول,50000,0.10,*140*#{pin}#,2026-01-01'

const parse = (text: string) => parseCatalogue(Buffer.from(text))

function rowOf(text: string) {
  const result = parse(`${TITLE}\n${text}\n`)
  return result.kind === 'catalogue' ? result.products[0] : result.problems
}

function withColumn(index: number, value: string): string {
  const columns = [
    '091905',
    'MCI',
    'MCI 50k',
    'همراه اول',
    '50000',
    '0.10',
    '*140*#{pin}#',
    '2026-01-01',
  ]
  columns[index] = value
  return columns.join(',')
}

describe('the catalogue file', () => {
  it('reads the starter catalogue', () => {
    const result = parse(starter)
    if (result.kind !== 'catalogue') expect.fail(JSON.stringify(result.problems))
    expect(result.products).toHaveLength(24)
    expect(result.products[0]).toEqual({
      line: 2,
      product: '091901',
      mobileOperator: 'MCI',
      nameEn: 'MCI 10,000',
      nameFa: 'همراه اول ۱۰٬۰۰۰ ریال',
      priceRial: 10_000,
      vatBasisPoints: 1000,
      redeem: '*140*#{pin}#',
      validFrom: 20260101,
    })
    expect(result.products[23]).toMatchObject({
      line: 25,
      product: '093250',
      redeem: '*140*{pin}#',
    })
  })

  it('has every face value of each operator in the starter, under its own number', () => {
    const result = parse(starter)
    if (result.kind !== 'catalogue') expect.fail(JSON.stringify(result.problems))
    const faces = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000]
    const operators = [
      ['0919', 'MCI', 'همراه اول', '*140*#{pin}#'],
      ['0935', 'Irancell', 'ایرانسل', '*141*{pin}#'],
      ['0921', 'RighTel', 'رایتل', '*141*{pin}#'],
      ['0932', 'Taliya', 'تالیا', '*140*{pin}#'],
    ] as const
    const promised = operators.flatMap(([prefix, mobileOperator, fa, redeem]) =>
      faces.map((priceRial) => ({
        product: `${prefix}${String(priceRial / 10_000).padStart(2, '0')}`,
        ...{ mobileOperator, priceRial, vatBasisPoints: 1000, redeem, validFrom: 20260101 },
        nameEn: `${mobileOperator} ${priceRial.toLocaleString('en-US')}`,
        nameFa: `${fa} ${priceRial.toLocaleString('fa-IR')} ریال`,
      })),
    )
    expect(result.products.map(({ line: _line, ...product }) => product)).toEqual(promised)
  })

  it.each([
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['blank lines', (text: string) => `${text}\n\n`],
    ['title keys in capitals', (text: string) => text.replace(TITLE, TITLE.toUpperCase())],
    ['Persian digits', (text: string) => text.replace(/,50000,/g, ',۵۰۰۰۰,')],
  ])('reads the same with %s', (_name, change) => {
    expect(parse(change(starter))).toEqual(parse(starter))
  })

  it('keeps several versions of one product by date', () => {
    const later = ROW.replace('2026-01-01', '2026-09-01').replace('0.10', '0.12')
    const result = parse(`${TITLE}\n${ROW}\n${later}\n`)
    expect(result).toMatchObject({
      products: [{ vatBasisPoints: 1000 }, { vatBasisPoints: 1200, validFrom: 20260901 }],
    })
  })

  it.each([
    ['0', 0],
    ['1', 10_000],
    ['0.1', 1000],
    ['0.0925', 925],
    ['1.0000', 10_000],
  ])('reads the VAT rate %s as %i basis points', (rate, vatBasisPoints) => {
    expect(rowOf(withColumn(5, rate))).toMatchObject({ vatBasisPoints })
  })

  it.each([
    ['product of five digits', 0, '91905', 'product: 6 digits expected, "91905" found'],
    ['no operator', 1, '', 'operator: a name in Latin letters expected'],
    ['no English name', 2, '', 'nameEn: 1 to 40 Latin characters expected'],
    ['no Persian name', 3, '', 'nameFa: 1 to 40 characters expected'],
    ['a hidden mark in a name', 3, 'a\u202eb', 'nameFa: 1 to 40 characters expected'],
    ['a price of nothing', 4, '0', 'priceRial: whole rials expected, "0" found'],
    ['a price with a fraction', 4, '50000.5', 'priceRial: whole rials expected, "50000.5" found'],
    [
      'a VAT rate in percent',
      5,
      '10',
      'vatRate: a decimal from 0 to 1 expected, such as 0.10, "10" found',
    ],
    [
      'a VAT rate above 1',
      5,
      '1.01',
      'vatRate: a decimal from 0 to 1 expected, such as 0.10, "1.01" found',
    ],
    [
      'a VAT rate below 0',
      5,
      '-0.1',
      'vatRate: a decimal from 0 to 1 expected, such as 0.10, "-0.1" found',
    ],
    ['a redeem string without {pin}', 6, '*140*#', 'redeem: {pin} must stand in it once'],
    ['a redeem string with {pin} twice', 6, '{pin}{pin}', 'redeem: {pin} must stand in it once'],
    [
      'a redeem string with a space',
      6,
      '*140* {pin}#',
      'redeem: 1 to 60 characters without spaces expected',
    ],
    [
      'a day that no month has',
      7,
      '2026-02-30',
      'validFrom: there is no such day, "2026-02-30" found',
    ],
    [
      'a Solar Hijri date',
      7,
      '1405-01-01',
      'validFrom: the year is not Gregorian, "1405-01-01" found',
    ],
  ])('refuses %s', (_name, index, value, message) => {
    expect(rowOf(withColumn(index, value))).toMatchObject([{ line: 2, message }])
  })

  it.each([
    ['an empty file', '', 1, 'the file is empty'],
    ['a title alone', TITLE, 1, 'the file holds no products'],
    ['another title', ROW, 1, `the title line must be "${TITLE}"`],
    ['a column too few', `${TITLE}\n${ROW}\n091901,MCI\n`, 3, '8 columns expected, 2 found'],
    [
      'the same version twice',
      `${TITLE}\n${ROW}\n\n${ROW}\n`,
      4,
      'product 091905 with this validFrom is already on line 2',
    ],
    [
      'one code of two operators',
      `${TITLE}\n${ROW}\n091910,Irancell,a,b,100000,0.1,{pin},2026-01-01\n`,
      3,
      'operator: 0919 is MCI on line 2',
    ],
    [
      'two codes of one operator',
      `${TITLE}\n${ROW}\n093605,mci,a,b,100000,0.1,{pin},2026-01-01\n`,
      3,
      'operator: MCI is 0919 on line 2',
    ],
    [
      'a quote that does not close',
      `${TITLE}\n${ROW}\n"091901,MCI\n`,
      3,
      'not readable as CSV: check the quotes of this line',
    ],
  ])('refuses %s, with the line', (_name, text, line, message) => {
    expect(parse(text)).toMatchObject({ kind: 'problems', problems: [{ line, message }] })
  })

  it('refuses what is not UTF-8, and what is too large', () => {
    expect(parseCatalogue(Buffer.from([0xff, 0xfe, 0]))).toMatchObject({ kind: 'problems' })
    expect(parseCatalogue(Buffer.alloc(2_000_000, 65))).toMatchObject({ kind: 'problems' })
  })

  it.each(['\n', '\r\n', '\r'])('refuses more lines than a catalogue has, ended by %j', (end) => {
    const problems = [{ line: 5_001, message: 'more than 5000 lines' }]
    expect(parse(`${TITLE}${end}${`x${end}`.repeat(5_000)}`)).toEqual({
      kind: 'problems',
      problems,
    })
    expect(parse(`${TITLE}${end}${`x${end}`.repeat(4_998)}`)).not.toMatchObject({ problems })
  })

  it('refuses a record that no row is as long as', () => {
    const result = parse(`${TITLE}\n${'x'.repeat(3_000)}\n`)
    expect(result).toMatchObject({ kind: 'problems', problems: [{ line: 2 }] })
    expect(JSON.stringify(result)).toContain('not readable as CSV')
  })

  it('never throws on any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.nat(starter.length),
        (text, at) => {
          expect(parse(text).kind).toBe('problems')
          parse(starter.slice(0, at) + text + starter.slice(at))
        },
      ),
      { numRuns: 200 },
    )
  })
})
