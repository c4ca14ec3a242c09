// What is wrong with a configuration as one error: every problem at once, each with file and line.
// It finds none itself.

import { EvsError } from '../admin-api/errors.ts'
import type { ConfigProblem } from './world.ts'

export function invalid(
  problems: readonly ConfigProblem[],
  listedBy = 'evs config keys',
): EvsError {
  const lines = problems.map(({ where, path, message, hint }) => {
    const head = [where, path, message].filter((part) => part !== undefined && part !== '')
    return hint === '' ? head.join(': ') : `${head.join(': ')}\n  ${hint}`
  })
  return new EvsError('CONFIG_INVALID', {
    message: lines.join('\n'),
    hint: `\`${listedBy}\` lists every setting`,
    details: problems,
  })
}
