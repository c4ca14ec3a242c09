// What a failed command tells when its output cannot be written either: on standard error, and by
// its exit code.

import { expect, it } from 'vitest'
import { EvsError } from '../../admin-api/errors.ts'
import { fail } from '../../admin-cli/failure.ts'
import { idleWorld } from './fake-world.ts'

/** Of `--json > file`; `writes` does what the disk does. */
function failed(error: EvsError, writes: (text: string) => void) {
  const told: string[] = []
  const world = {
    ...idleWorld(),
    stdout: { isTTY: false, write: writes },
    stderr: { isTTY: false, write: (text: string) => void told.push(text) },
  }
  const code = fail(world, error, { json: true, help: 'evs' })
  return { code, stderr: told.join('') }
}

const full = () => {
  throw new EvsError('OUTPUT_LOST')
}

it('an error that a full disk does not take is told on standard error, with its own code', () => {
  const { code, stderr } = failed(new EvsError('NOT_READY', { message: 'not yet' }), full)
  expect([code, stderr.split('\n')[0]]).toEqual([
    new EvsError('NOT_READY').exitCode,
    'evs: NOT_READY: not yet',
  ])
})

it('that output was lost is not told in it, and that a part of a key was lost is', () => {
  const written: string[] = []
  const keep = (text: string) => void written.push(text)
  expect(failed(new EvsError('OUTPUT_LOST'), keep).stderr).toContain('evs: OUTPUT_LOST: ')
  expect(written).toEqual([])
  failed(new EvsError('PART_LOST', { message: 'part-2.txt: ENOSPC' }), keep)
  expect(JSON.parse(written.join(''))).toMatchObject({
    error: { code: 'PART_LOST', message: 'part-2.txt: ENOSPC' },
  })
})

it('a fault in telling it is no lost output', () => {
  const broken = () => {
    throw new Error('broken')
  }
  expect(() => failed(new EvsError('USAGE'), broken)).toThrow('broken')
})
