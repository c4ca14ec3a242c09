// How much room the disk of a folder has for who is not its administrator.

import { statfsSync } from 'node:fs'

export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
