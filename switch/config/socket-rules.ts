// Rules that every configuration with sockets has: names of a list differ, and so do ports. What
// a socket is for is not looked at.

import type { Problem } from './problem.ts'

export function repeated(list: string, entries: readonly { readonly name: string }[]): Problem[] {
  const problems: Problem[] = []
  const seen = new Map<string, number>()
  for (const [index, { name }] of entries.entries()) {
    const first = seen.get(name)
    if (first === undefined) seen.set(name, index)
    else {
      const message = `the name ${name} is taken by ${list}.${first}`
      problems.push({ path: `${list}.${index}.name`, message, hint: 'give each a name of its own' })
    }
  }
  return problems
}

export interface SocketSetting {
  /** Of the port. */
  readonly path: string
  readonly host: string
  readonly port: number
}

/** Those of a list that have a port. */
export function sockets(
  list: string,
  entries: readonly { readonly host: string; readonly port?: number | undefined }[],
): SocketSetting[] {
  return entries.flatMap(({ host, port }, index) => {
    return port === undefined ? [] : [{ path: `${list}.${index}.port`, host, port }]
  })
}

/** Two sockets on one port; port 0 takes a free one and never collides. */
export function collisions(settings: readonly SocketSetting[]): Problem[] {
  const problems: Problem[] = []
  for (const [index, socket] of settings.entries()) {
    const other = settings.slice(0, index).find((before) => collide(before, socket))
    if (other === undefined) continue
    const message = `port ${socket.port} is taken by ${other.path}`
    problems.push({ path: socket.path, message, hint: 'choose another port, or 0 for a free one' })
  }
  return problems
}

function collide(a: SocketSetting, b: SocketSetting): boolean {
  if (a.port === 0 || a.port !== b.port) return false
  return a.host === b.host || ANY_ADDRESS.has(a.host) || ANY_ADDRESS.has(b.host)
}

const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
