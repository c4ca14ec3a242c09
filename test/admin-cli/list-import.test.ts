// What an import of a list says and how it exits: all registered, some refused, all refused.

import { expect, it } from 'vitest'
import type { RegistrationEvent } from '../../admin-api/terminal-schemas.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

type Done = Extract<RegistrationEvent, { kind: 'done' }>

function importing(change: Partial<Done>, words: readonly string[] = []) {
  const { registrationDone } = EXAMPLES
  const done: Done = { ...registrationDone, problems: [...registrationDone.problems], ...change }
  const importTerminals = async function* (): AsyncGenerator<RegistrationEvent> {
    yield { kind: 'progress', rows: 5_000, bytes: 2 }
    yield done
  }
  return evs(['terminal', 'import', '-', ...words], { operations: { importTerminals } })
}

it('is 0 when every row is registered', async () => {
  const ran = await importing({ refused: 0, problems: [], added: 2_000, unchanged: 1, rows: 2_001 })
  expect(ran.exitCode).toBe(0)
  expect(ran.stdout).toContain('2,001 rows: 2,000 terminals registered, 1 were there already, 0 ')
})

it('is 3 when some rows were refused, and names line, column, reason and what to do', async () => {
  const ran = await importing({ moreProblems: 41, refused: 42 })
  expect(ran.exitCode).toBe(3)
  expect(ran.stderr).toContain(
    'line 17, column mid: there is no merchant 000000000100009 of institution 0 (register it first',
  )
  expect(ran.stderr).toContain('... and 41 more')
})

it('is 3 too when the others were there already: the list was sent once more', async () => {
  const ran = await importing({ added: 0, unchanged: 2_000, refused: 1 })
  expect(ran.exitCode).toBe(3)
})

it('is 1 when all of them were', async () => {
  const ran = await importing({ added: 0, unchanged: 0 }, ['--json', '--dry-run'])
  expect([ran.exitCode, ran.stderr]).toEqual([1, ''])
  expect(JSON.parse(ran.stdout)).toMatchObject({ refused: 1, problems: [{ line: 17 }] })
})

it('lists come page by page, as one JSON value', async () => {
  const asked: unknown[] = []
  const terminals = async ({ after = 0 }: { after?: number | undefined }) => {
    asked.push(after)
    return { terminals: [EXAMPLES.terminal], after: after < 2 ? after + 1 : null }
  }
  const whole = await evs(['terminal', 'list', '--json'], { operations: { terminals } })
  expect(JSON.parse(whole.stdout)).toHaveLength(3)
  expect(asked).toEqual([0, 1, 2])
  const some = await evs(['terminal', 'list', '--limit', '1'], { operations: { terminals } })
  expect(some.stderr).toBe('more: --after 1\n')
})

it('a list goes on where it is told to', async () => {
  const words = ['merchant', 'list', '--after', '۴۰', '--limit', '7']
  const { asked } = await evs(words)
  expect(asked[0]).toMatchObject({ name: 'merchants', given: [{ after: 40, limit: 7 }] })
})
