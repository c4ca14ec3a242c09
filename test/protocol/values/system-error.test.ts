// What the operating system refuses is told with the port or the file that it is about.

import { mkdirSync, openSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { systemErrorText } from '../../../protocol/values/system-error.ts'

function thrownBy(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

it.each([
  ['open', () => openSync('/no/such/l', 'a'), '/no/such/l cannot be opened (ENOENT)'],
  ['mkdir', () => mkdirSync('/dev/null/l'), '/dev/null/l cannot be made (ENOTDIR)'],
  ['write', () => writeSync(openSync('/dev/full', 'w'), 'x'), /ENOSPC/],
])('%s is told with its path, or as the system says it', (_call, act, text) => {
  expect(systemErrorText(thrownBy(act))).toMatch(text)
})

it('a port that is not to be had is told with its number', async () => {
  const refused = (code: string) => {
    const facts = { syscall: 'listen', code, address: '10.0.0.1', port: 80 }
    return systemErrorText(Object.assign(new Error('refused'), facts))
  }
  expect(refused('EADDRINUSE')).toBe('port 80 is taken')
  expect(refused('EACCES')).toBe('port 80 of 10.0.0.1 cannot be opened (EACCES)')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const error = await new Promise((resolve) => {
    createServer().on('error', resolve).listen(port, '127.0.0.1')
  })
  server.close()
  expect(systemErrorText(error)).toBe(`port ${port} is taken`)
})

it('any other error is none of the system', () => {
  expect(systemErrorText(new TypeError('x is undefined'))).toBeUndefined()
  expect(systemErrorText('x')).toBeUndefined()
})
