// Makes the names in a directory durable: a file that was made or renamed is there after a power
// cut only when its directory was synced. What is in the file is another sync, and not done here.

import { closeSync, fsyncSync, openSync } from 'node:fs'

export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
