// Which two cores of the machine the benchmark takes: one for the server that is measured, one for
// the load. Of those that this process may use, and if there are such, two that are not threads of
// one core: a busy twin would slow the server down, and the yardsticks' twin is busier.

import { readFileSync } from 'node:fs'

export interface Cores {
  readonly server: number
  readonly load: number
  /** They are threads of one core: nothing else was there. */
  readonly areTwins: boolean
}

/** Undefined where there is one only. `twinsOf` gives the threads of a core, itself included. */
export function chooseCores(
  allowed: readonly number[],
  twinsOf: (core: number) => readonly number[],
): Cores | undefined {
  const [server, second] = allowed
  if (server === undefined || second === undefined) return undefined
  const twins = twinsOf(server)
  const apart = allowed.find((core) => core !== server && !twins.includes(core))
  return { server, load: apart ?? second, areTwins: apart === undefined }
}

/** `0-3,8` of the kernel, as numbers. */
export function listed(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, n) => first + n)
    })
}

/** Of this process. [proc(5), Cpus_allowed_list] */
export function allowedCores(): number[] {
  const [, text = ''] = /^Cpus_allowed_list:\s*(.+)$/m.exec(read('/proc/self/status')) ?? []
  return listed(text)
}

/** Itself alone where the kernel does not tell. */
export function twinsOf(core: number): number[] {
  const text = read(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`)
  return text === '' ? [core] : listed(text)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
