// What is not named in `evs terminal set` stays, and digits of any script are digits.

import { expect, it } from 'vitest'
import { evs } from './fake-world.ts'

it('a setting that is given leaves the others as they are', async () => {
  const words =
    'terminal set 10000001 --mid 1 --setting volume=3 --setting advert= --setting url=a=b'
  const { asked } = await evs(words.split(' '))
  const change = asked.find(({ name }) => name === 'changeTerminal')?.given[1]
  expect(change).toHaveProperty('settingChanges', { volume: '3', advert: null, url: 'a=b' })
  for (const name of ['settings', 'limitCount']) expect(change).not.toHaveProperty(name)
})

it('settings of a new terminal are what is given, and none that is empty', async () => {
  const words = 'terminal add --tid 1 --mid 1 --scheme none --setting volume=3 --setting advert='
  const { asked } = await evs(words.split(' '))
  expect(asked.at(-1)?.given[1]).toMatchObject({ settings: { volume: '3' } })
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
