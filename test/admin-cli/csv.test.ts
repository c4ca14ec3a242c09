// CSV that programs read back and spreadsheets do not run.

import { expect, it } from 'vitest'
import { csvText } from '../../admin-cli/csv.ts'

it('quotes what needs it and ends lines as RFC 4180 says', () => {
  const lines = [
    ['a', 'b'],
    ['one, two', 'say "x"'],
    ['two\nlines', null],
    [5, true],
  ]
  expect(csvText(lines)).toBe('a,b\r\n"one, two","say ""x"""\r\n"two\nlines",\r\n5,true\r\n')
})

it.each(['=1+1', '+98', '@sum', '-cmd', '\tx', '\rx', '=HYPERLINK("http://x","y")'])(
  'a spreadsheet takes %j for text',
  (text) => {
    const [cell = ''] = csvText([[text]]).split('\r\n')
    expect(cell.replace(/^"/, '')).toMatch(/^'/)
  },
)

it('no control character but the end of a line goes out', () => {
  const lines = csvText([['a\u001b[2Jb\u009b', 'two\nlines', '\u0007']])
  expect(lines).toBe('a\ufffd[2Jb\ufffd,"two\nlines",\ufffd\r\n')
})

it('leaves numbers alone, negative ones and sums in text too', () => {
  expect(csvText([[-5, '-120000', '12.5', 'همراه اول']])).toBe('-5,-120000,12.5,همراه اول\r\n')
})
