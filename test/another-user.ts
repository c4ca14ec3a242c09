// As if this process were somebody else's: for tests that a secret in a file of another user is not
// used, whatever its mode.

import { vi } from 'vitest'

export function asAnotherUser<Result>(act: () => Result): Result {
  const spy = vi.spyOn(process, 'getuid').mockReturnValue((process.getuid?.() ?? 0) + 1)
  try {
    return act()
  } finally {
    spy.mockRestore()
  }
}
