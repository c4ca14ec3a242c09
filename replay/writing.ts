// Files that the made-up traffic and the lists of a fleet go to: where the system takes none, it is
// the place that was named, and no fault of the program.

import { systemErrorText } from '../protocol/values/system-error.ts'

class OutputError extends Error {
  readonly hint = '`evs replay --help` shows the options with examples; name another place'
}

export async function writing<Made>(write: () => Promise<Made>): Promise<Made> {
  try {
    return await write()
  } catch (error) {
    const text = systemErrorText(error)
    throw text === undefined ? error : new OutputError(text)
  }
}
