// The doors of a running switch: how long a connection may be silent depends on who is behind it.
// Starting and stopping are tried on whole processes, in test/integration.

import { expect, it } from 'vitest'
import { idleMsOf } from '../../switch/serve.ts'

it("an institution's connection is closed by its own deadline, a terminal's by the other", () => {
  const timeouts = { idleMs: 60_000, institutionIdleMs: 900_000 }
  expect(idleMsOf({ kind: 'institution' }, timeouts)).toBe(900_000)
  expect(idleMsOf({ kind: 'terminal' }, timeouts)).toBe(60_000)
})
