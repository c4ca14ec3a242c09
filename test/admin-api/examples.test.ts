// The examples are of their shapes, so that neither documents nor fake operations drift away.

import { expect, it } from 'vitest'
import * as shapes from '../../admin-api/schemas.ts'
import * as terminals from '../../admin-api/terminal-schemas.ts'
import { EXAMPLES } from './examples.ts'

const SCHEMAS = {
  ...shapes,
  ...terminals,
  importDone: shapes.importEvent,
  registrationDone: terminals.registrationEvent,
}

it.each(Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[])(
  'the example of %s is of its shape, with every member',
  (name) => {
    const parsed: unknown = SCHEMAS[name].parse(EXAMPLES[name])
    expect(parsed).toEqual(EXAMPLES[name])
  },
)
