// Passwords under a crowd: few are computed at a time, some wait, the rest are refused; and whoever
// is done, however it ended, makes room.

import { expect, it } from 'vitest'
import { Passwords } from '../../../switch/access/passwords.ts'

/** Of a store that a hand spoiled: it ends at once, with an error. */
const SPOILED = 'no verifier'

it('a crowd is refused beyond those who wait, and the next one finds the same room', async () => {
  const passwords = new Passwords()
  for (let crowd = 0; crowd < 2; crowd++) {
    const all = Array.from({ length: 40 }, () => passwords.fits(SPOILED, 'a long password'))
    const ends = await Promise.allSettled(all)
    const codes = ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'fits'))
    expect(codes.filter((code) => code === 'NOT_READY')).toHaveLength(6)
    expect(codes).not.toContain('fits')
  }
  const verifier = await passwords.verifierOf('a long password')
  expect(await passwords.fits(verifier, 'a long password')).toBe(true)
  expect(await passwords.fits(verifier, 'another password')).toBe(false)
  expect(await passwords.fits(undefined, 'a long password')).toBe(false)
})
