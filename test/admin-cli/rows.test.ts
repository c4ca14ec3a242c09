// Tables on a terminal: columns that line up, numbers to read, and no control characters.

import { expect, it } from 'vitest'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

it('lines up columns, Persian ones too, with separators in numbers', async () => {
  const { stdout } = await evs(['product', 'list'])
  const [head = '', row = ''] = stdout.split('\n')
  expect(row).toContain('50,000  0.10')
  expect(row.indexOf('091905')).toBe(head.indexOf('product'))
  expect(stdout).not.toMatch(/[\u2500-\u257f]/)
})

it('what came from a file cannot move the cursor', async () => {
  const evil = { ...EXAMPLES.merchant, products: null, name: 'a\u001b[2Jb\u0007' }
  const merchants = () => Promise.resolve({ merchants: [evil], after: null })
  const { stdout } = await evs(['merchant', 'list'], { operations: { merchants } })
  expect(stdout).toContain('a\ufffd[2Jb\ufffd')
})

it.each([
  ['merchant list --json', 'merchants'],
  ['merchant list --csv', 'merchants'],
  ['batch list --json', 'batches'],
])('nor can it in what %s writes for a program', async (line, name) => {
  const evil = 'a\u001b[2Jb\u007f\u009b'
  const merchant = { ...EXAMPLES.merchant, products: null, name: evil }
  const operations = {
    merchants: () => Promise.resolve({ merchants: [merchant], after: null }),
    batches: () => Promise.resolve([{ ...EXAMPLES.batchSummary, fileName: evil }]),
  }
  const { stdout } = await evs(line.split(' '), { operations })
  expect(stdout).not.toMatch(/[^\P{Cc}\r\n]/u)
  if (!line.endsWith('--json')) return
  const [row] = JSON.parse(stdout) as Record<string, string>[]
  expect(row?.[name === 'batches' ? 'fileName' : 'name']).toBe(evil)
})

it('an empty list is empty on standard output', async () => {
  const operations = { suspense: () => Promise.resolve([]) }
  expect(await evs(['suspense', 'list'], { operations })).toMatchObject({
    stdout: '',
    stderr: 'nothing to list\n',
    exitCode: 0,
  })
  expect((await evs(['suspense', 'list', '--json'], { operations })).stdout).toBe('[]\n')
})

it('colours only on a terminal, and not against NO_COLOR or --no-color', async () => {
  const bold = '\u001b[1m'
  expect((await evs(['stock'], { tty: true })).stdout).toContain(bold)
  expect((await evs(['stock'])).stdout).not.toContain(bold)
  expect((await evs(['stock', '--no-color'], { tty: true })).stdout).not.toContain(bold)
  expect((await evs(['stock'], { tty: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(bold)
})

it('a report keeps sums that are too large for a number', async () => {
  const rows = [{ product: '=cmd', count: 2, amountRial: '9007199254740993' }]
  const report = () => Promise.resolve({ ...EXAMPLES.reportTable, columns: [...COLUMNS], rows })
  const { stdout } = await evs(['report', 'sales', '--csv'], { operations: { report } })
  expect(stdout).toBe("Product,Sold,Rial\r\n'=cmd,2,9007199254740993\r\n")
})

it('a sum below nothing is read as easily as one above', async () => {
  const rows = [{ product: '091905', count: 2, amountRial: '-9007199254740993' }]
  const report = () => Promise.resolve({ ...EXAMPLES.reportTable, columns: [...COLUMNS], rows })
  const { stdout } = await evs(['report', 'sales'], { operations: { report } })
  expect(stdout).toContain('-9,007,199,254,740,993')
})

const COLUMNS = EXAMPLES.reportTable.columns
