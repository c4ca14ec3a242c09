// Names of certificates as Node writes them: a name that could pass for two is not read.

import { expect, it } from 'vitest'
import { dnsNames } from '../../../protocol/link/peer.ts'

it.each<[string, string, string[]]>([
  ['nothing', '', []],
  ['one name', 'DNS:10000001', ['10000001']],
  ['names among others', 'DNS:a, IP Address:10.0.0.1, URI:urn:x, DNS:b@c', ['a', 'b@c']],
  ['a name that pretends to be two', 'DNS:"a, DNS:10000001, DNS:b", DNS:c', []],
  ['a value that pretends to be a name', 'URI:"x, DNS:10000001, y"', []],
])('%s', (_what, text, names) => {
  expect(dnsNames(text)).toEqual(names)
})
