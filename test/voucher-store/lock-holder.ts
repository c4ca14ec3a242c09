// A process of its own that takes a data directory's lock, says whether it got it, and keeps it
// until it is killed.

import { lockDataDirectory } from '../../voucher-store/owner-lock.ts'

const lock = lockDataDirectory(process.argv[2] ?? '')
process.stdout.write(lock === undefined ? 'refused\n' : 'locked\n')
if (lock !== undefined) setInterval(() => undefined, 1_000)
