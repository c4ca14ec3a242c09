// Starts the bare relay as a process of its own. Parameter: the host's port.

import { relay } from './bare-relay.ts'

await relay(Number(process.argv[2]), (_bytes, next) => next())
