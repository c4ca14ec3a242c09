// What a trial's script takes on its command line, and what it refuses before it starts.

import { describe, expect, it } from 'vitest'
import { amount, count, flag, helpOf, readOptions, text } from './trial-options.ts'

const OPTIONS = {
  salesPerSeed: count('sales of a seed', 150),
  to: count('the last'),
  hours: amount('so long', 0.5),
  only: text('one of them', 'NAME'),
  quick: flag('for every day'),
}

describe('options of a trial', () => {
  it('have what is given, and their standard otherwise', () => {
    expect(readOptions(OPTIONS, [])).toEqual({
      values: { salesPerSeed: 150, to: undefined, hours: 0.5, only: undefined, quick: false },
    })
    const given = ['--sales-per-seed', '7', '--to=9', '--hours', '0.25', '--only', 'a b', '--quick']
    expect(readOptions(OPTIONS, given)).toEqual({
      values: { salesPerSeed: 7, to: 9, hours: 0.25, only: 'a b', quick: true },
    })
  })

  it('refuse what is misspelt, is no number, or stands where nothing belongs', () => {
    const mistakes = [
      ['--sale-per-seed', '7'],
      ['--sales-per-seed', 'many'],
      ['--sales-per-seed', '1.5'],
      ['--hours', '-1'],
      ['--to'],
      ['--quick=yes'],
      ['7'],
    ].map((given) => readOptions(OPTIONS, given))
    for (const each of mistakes) expect(each).toEqual({ mistake: expect.any(String) })
    expect(mistakes[1]).toEqual({ mistake: "--sales-per-seed: 'many' is not a whole number" })
  })

  it('are told by the help, each with what it takes and its standard', () => {
    expect(readOptions(OPTIONS, ['--help'])).toEqual({ mistake: undefined })
    expect(readOptions(OPTIONS, ['-h', '--quick'])).toEqual({ mistake: undefined })
    const help = helpOf({ name: 'soak', what: 'The real switch for so long.' }, OPTIONS)
    expect(help).toBe(`npm run soak -- [options]

The real switch for so long.

  --sales-per-seed N  sales of a seed (150)
  --to N              the last
  --hours N           so long (0.5)
  --only NAME         one of them
  --quick             for every day
`)
  })
})
