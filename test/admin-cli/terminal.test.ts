// What is not named in `evs terminal set` stays, and digits of any script are digits.

import { expect, it } from 'vitest'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

it('a setting that is given leaves the others as they are', async () => {
  const detail = {
    ...EXAMPLES.terminalDetail,
    settings: { volume: '2', advert: 'on', language: 'fa' },
  }
  const operations = { terminal: async () => detail }
  const words =
    'terminal set 10000001 --mid 1 --setting volume=3 --setting advert= --setting url=a=b'
  const { asked } = await evs(words.split(' '), { operations })
  const change = asked.find(({ name }) => name === 'changeTerminal')?.given[1]
  expect(change).toHaveProperty('settings', { volume: '3', language: 'fa', url: 'a=b' })
  expect(change).not.toHaveProperty('limitCount')
})

it.each(['091905', '۰۹۱۹۰۵', '٠٩١٩٠٥'])('a commission takes the product %s', async (product) => {
  const words = ['merchant', 'commission', '١٢', '--rate', '۰.۰۱۵', '--product', product]
  const { asked } = await evs(words)
  expect(asked[0]).toMatchObject({
    ...{ name: 'setCommission', given: [{}, '12', { rate: '0.015', product: '091905' }] },
  })
})

it('a terminal of an institution is looked for among those of that institution', async () => {
  const { asked } = await evs('terminal block 10000001 --institution 2'.split(' '))
  expect(asked[0]).toMatchObject({
    name: 'terminals',
    given: [{ tid: '10000001', institution: 2 }],
  })
  expect(asked[1]).toMatchObject({ name: 'changeTerminal', given: [{}, { institution: 2 }] })
})

it('the key set of DUKPT terminals may be written in small letters', async () => {
  const words = 'key remove --dukpt-key-set ffff9876ab'.split(' ')
  const { asked } = await evs(words)
  expect(asked[0]).toMatchObject({
    name: 'removeKeys',
    given: [{}, { owner: { name: 'FFFF9876AB' } }],
  })
})
