// The store file: durable, never mistaken for another or for an empty one, used by one program.
// What is kept in it is tried in settle.test.ts.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newState } from '../../pos-terminal/state.ts'
import { FileStore } from '../../pos-terminal/store.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pos-'))
  path = join(folder, 'terminal.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the store file', () => {
  it('gives back after a restart what was saved', () => {
    const store = FileStore.open(path, '10000001', '100001')
    store.save({ ...store.state, nextStan: 42 })
    store.close()
    const again = FileStore.open(path, '10000001', '100001')
    expect(again.state.nextStan).toBe(42)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    again.close()
    expect(readdirSync(folder)).toEqual(['terminal.json'])
  })

  it('ignores what a power cut left half written beside it', () => {
    const store = FileStore.open(path, '10000001', '100001')
    store.save({ ...store.state, nextStan: 7 })
    store.close()
    writeFileSync(`${path}.new`, '{"half":')
    const again = FileStore.open(path, '10000001', '100001')
    expect(again.state.nextStan).toBe(7)
    again.close()
  })

  it('knows nothing of what could not be written', () => {
    const store = FileStore.open(path, '10000001', '100001')
    store.save({ ...store.state, nextStan: 7 })
    mkdirSync(`${path}.new`)
    expect(() => store.save({ ...store.state, nextStan: 8 })).toThrow(/EISDIR/)
    expect(store.state.nextStan).toBe(7)
    store.close()
  })

  it('is not taken for empty when it cannot be read', () => {
    writeFileSync(path, 'not json')
    expect(() => FileStore.open(path, '10000001', '100001')).toThrow(/not a terminal store/)
  })

  it('is refused to another terminal', () => {
    const store = FileStore.open(path, '10000001', '100001')
    store.save(store.state)
    store.close()
    expect(() => FileStore.open(path, '10000002', '100001')).toThrow(/belongs to terminal 10000001/)
  })

  it('is refused to a terminal of the same number that another merchant has', () => {
    const store = FileStore.open(path, '10000001', '100001')
    store.save(store.state)
    store.close()
    expect(() => FileStore.open(path, '10000001', '100002')).toThrow(/of merchant 100001/)
  })

  it('is free again for the next one when it was refused', () => {
    const store = FileStore.open(path, '10000001', '100001')
    store.save(store.state)
    store.close()
    expect(() => FileStore.open(path, '10000002', '100001')).toThrow(/belongs to/)
    expect(readdirSync(folder)).toEqual(['terminal.json'])
    FileStore.open(path, '10000001', '100001').close()
  })

  it.each([
    ['of a later format', { format: 2 }],
    ['without a format', { format: undefined }],
    ['whose next STAN is no number', { nextStan: '000007' }],
    ['of nobody', { terminalId: undefined }],
    ['without its confirmations', { confirmations: undefined }],
    ['that does not say whether a sale is open', { open: undefined }],
    ['without totals', { totals: undefined }],
  ])('%s is not taken for one of ours', (_which, change) => {
    const state = newState('10000001', '100001')
    writeFileSync(path, JSON.stringify({ ...state, ...change }))
    const open = () => FileStore.open(path, '10000001', '100001')
    expect(open).toThrow(/is not a terminal store of format 1/)
    writeFileSync(path, JSON.stringify(state))
    open().close()
  })

  it('is used by one program at a time, and freed by the death of its user', () => {
    const store = FileStore.open(path, '10000001', '100001')
    expect(() => FileStore.open(path, '10000001', '100001')).toThrow(/used by another program/)
    store.close()
    writeFileSync(`${path}.lock`, '999999999')
    FileStore.open(path, '10000001', '100001').close()
  })
})
