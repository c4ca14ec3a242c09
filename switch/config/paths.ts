// Where files lie that must not lie in each other: keys beside the data that they open. Only the
// words of paths are compared; whether anything is there, and links, are not looked at.

import { isAbsolute, relative } from 'node:path'

/** Both absolute. A folder does not contain itself. */
export function contains(directory: string, file: string): boolean {
  const way = relative(directory, file)
  return way !== '' && !isAbsolute(way) && way !== '..' && !way.startsWith('../')
}
