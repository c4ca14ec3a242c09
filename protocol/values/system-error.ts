// What the operating system refuses, in words for the person who named a port or a file at the
// command line: no fault of the program. Which errors these may be is for their callers to know.

/** Undefined when it is another error. */
export function systemErrorText(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { syscall, code, path, port, address } = error as NodeJS.ErrnoException & {
    readonly port?: unknown
    readonly address?: unknown
  }
  if (syscall === undefined || code === undefined) return undefined
  if (path !== undefined) return `${path} cannot be ${DONE[syscall] ?? 'written'} (${code})`
  if (syscall !== 'listen' && syscall !== 'bind') return error.message
  if (code === 'EADDRINUSE') return `port ${port} is taken`
  return `port ${port} of ${address} cannot be opened (${code})`
}

const DONE: Readonly<Record<string, string>> = { open: 'opened', read: 'read', mkdir: 'made' }
