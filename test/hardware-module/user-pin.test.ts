// The user PIN as it is read at a login: from a file that nobody else may read, or as a command
// prints it, and never repeated in what is wrong with it.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { TokenError } from '../../hardware-module/driver.ts'
import { readUserPin, type UserPinPlace } from '../../hardware-module/user-pin.ts'
import { asAnotherUser } from '../another-user.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-user-pin-'))
const file = join(folder, 'user-pin')
afterAll(() => rmSync(folder, { recursive: true }))

function written(text: string, mode = 0o600): UserPinPlace {
  writeFileSync(file, text)
  chmodSync(file, mode)
  return { file }
}

const printing = (program: string, limitMs = 5_000): UserPinPlace => ({
  command: { words: ['sh', '-c', program], limitMs },
})

/** What is said when there is none. */
function refused(place: UserPinPlace): string {
  try {
    readUserPin(place)
  } catch (error) {
    if (error instanceof TokenError) return error.message
    throw error
  }
  return 'taken'
}

describe('a user PIN', () => {
  it.each([
    ['as it stands', '24681357', '24681357'],
    ['without the end of its line', '24681357\n', '24681357'],
    ['without the end of a line of Windows', '24681357\r\n', '24681357'],
    ['with spaces that are its own', ' 2468 \n', ' 2468 '],
    ['of four characters', '2468', '2468'],
    ['of 255 characters', '7'.repeat(255), '7'.repeat(255)],
  ])('is read from its file %s', (_what, text, expected) => {
    expect(readUserPin(written(text))).toBe(expected)
  })

  it.each([
    ['three characters', '246'],
    ['256 characters', '7'.repeat(256)],
    ['two lines', '24681357\n24681357\n'],
    ['a letter that is not plain', '24681357é'],
  ])('is none that has %s, and it is not repeated', (_what, text) => {
    const said = refused(written(text))
    expect(said).toContain(`${file} holds no 4 to 255 characters`)
    expect(said).not.toContain(text.slice(0, 3))
  })

  it('is not waited for in a pipe', () => {
    const pipe = join(folder, 'pipe')
    spawnSync('mkfifo', ['-m', '600', pipe])
    expect(refused({ file: pipe })).toBe(`the user PIN: ${pipe} is no regular file`)
  })

  it.each(['0640', '0604', '0620', '0602', '0610'])(
    'is not read from a file of mode %s',
    (mode) => {
      const said = refused(written('24681357', Number.parseInt(mode, 8)))
      expect(said).toContain(`has mode ${mode}; 0600 is needed`)
    },
  )

  it('is not read from a file of another user, whatever its mode', () => {
    const place = written('24681357')
    expect(asAnotherUser(() => refused(place))).toContain(`${file} belongs to another user`)
  })

  it('is what a command prints, before a file', () => {
    const { command } = printing('echo 13572468')
    expect(readUserPin({ ...written('24681357'), command })).toBe('13572468')
  })

  it.each([
    ['says that it failed', 'echo 24681357; exit 3', 'its exit code was 3'],
    ['prints without end', 'yes 24681357', 'ENOBUFS'],
    ['prints nothing', 'true', 'sh prints no 4 to 255 characters'],
    ['prints it as an error', 'echo 24681357 >&2', 'sh prints no 4 to 255 characters'],
    ['is killed', 'kill -9 $$', 'it was ended by a signal'],
  ])('is not taken from a command that %s', (_what, program, why) => {
    const said = refused(printing(program))
    expect(said).toContain(why)
    expect(said).not.toContain('24681357')
  })

  it('is not waited for longer than it is told to', () => {
    expect(refused(printing('sleep 20; echo 24681357', 100))).toContain('ETIMEDOUT')
  })

  it('has to come from somewhere', () => {
    expect(refused({})).toContain('neither pkcs11.userPinFile nor pkcs11.userPinCommand')
    expect(refused({ file: join(folder, 'none') })).toContain('cannot read')
  })
})
