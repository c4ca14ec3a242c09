// Defects of the keys of a card host's link: what is believed without a right MAC, what goes out
// under which set, and which change of keys is taken.

import { type Defect, defect } from './defect.ts'

const ZONE = 'card-gateway/zone-keys.ts'
const ANSWER = 'card-gateway/answer.ts'

export const OF_ZONE_KEYS: readonly Defect[] = [
  defect(
    'the MACs of the card host are not checked',
    ZONE,
    '    if (set === undefined || set === ',
    '    if (set === undefined) return { set: this.#current }\n    if (set === ',
  ),
  defect(
    'an approval without a right MAC is one',
    ANSWER,
    "  if (reply.kind === 'unverified') return unknown(reply.why, undefined)\n",
    "  if (reply.kind === 'unverified')\n" +
      "    return { kind: 'approved', approval: approvalOf(reply.read) }\n",
  ),
  defect(
    'an answer to a reversal needs no right MAC',
    ANSWER,
    "reply.kind === 'message' ? reply.get(39) : undefined",
    "reply.kind === 'message' ? reply.get(39) : reply.kind === 'unverified' ? '00' : undefined",
  ),
  defect(
    'purchases go out without a MAC',
    ZONE,
    'return this.#encodeUnder(this.#current, dialect',
    "return this.#encodeUnder(mti === '0200' ? undefined : this.#current, dialect",
  ),
  defect(
    'reversals go out under the keys of before',
    ZONE,
    'return this.#encodeUnder(this.#current, dialect',
    "const older = mti[1] === '4' ? this.#previous : undefined\n" +
      'return this.#encodeUnder(older ?? this.#current, dialect',
  ),
  defect(
    'a change of keys is answered before it is durable',
    ZONE,
    'if (!(await store.putPending(this.owner, sealed, set.under))) return',
    'if (store.putPending(this.owner, sealed, set.under) === undefined) return',
  ),
  defect(
    'a start goes on under the keys of before',
    ZONE,
    'const sets = [pending, active].map(',
    'const sets = [active, pending].map(',
  ),
  defect(
    'a change of keys needs no MAC',
    ZONE,
    'if (this.#isProven) return undefined',
    'if (request.macOffset < 0) return { set: undefined }\n' +
      '    if (this.#isProven) return undefined',
  ),
  defect(
    'a first change holds the place before the host has answered',
    ZONE,
    'if (isOther && !this.#isDoubtful) return undefined',
    'if (isOther) return undefined',
  ),
  defect(
    'a first change is taken after the host has answered',
    ZONE,
    'if (this.#isProven) return undefined',
    'if (this.#isProven) this.#isDoubtful = true',
  ),
  defect(
    'keys may be changed under those of before',
    ZONE,
    'return set === this.#previous && !this.#isUnshown ? undefined',
    'return set === undefined ? undefined',
  ),
  defect(
    'a change of keys is answered under the new ones',
    ZONE,
    "answer({ responseCode: '00', verified: under })",
    "answer({ responseCode: '00', verified: { set } })",
  ),
  defect(
    'a link sells before it has keys',
    ZONE,
    "return this.#scheme !== 'none' && this.#current === undefined",
    "return this.#scheme !== 'none' && this.#current === undefined && this.#isShut",
  ),
]
