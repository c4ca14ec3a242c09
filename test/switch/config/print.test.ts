// The printed configuration is complete, can be read back, and hides what the schema calls secret.

import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { printConfig, redacted } from '../../../switch/config/print.ts'
import { shapeOf } from '../../../switch/config/shape.ts'
import { config, GOOD } from './given-yaml.ts'

describe('the printed configuration', () => {
  it('reads back as the same configuration', () => {
    const first = config(GOOD)
    // What is derived for a terminal listener is not a setting of it.
    const printed = printConfig(first).replace('    institution: 0\n', '')
    expect(config(printed)).toEqual(first)
  })

  it('shows stars in place of a secret, inside lists and maps too', () => {
    const shape = shapeOf(
      z.strictObject({
        plain: z.string(),
        hidden: z.string().meta({ secret: true }).optional(),
        list: z.array(z.strictObject({ hidden: z.string().meta({ secret: true }) })),
        map: z.record(z.string(), z.string().meta({ secret: true })),
      }),
    )
    const value = { plain: 'a', hidden: 'b', list: [{ hidden: 'c' }], map: { x: 'd' } }
    expect(redacted(value, shape)).toEqual({
      plain: 'a',
      hidden: '***',
      list: [{ hidden: '***' }],
      map: { x: '***' },
    })
  })
})
