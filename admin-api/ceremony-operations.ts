// The key ceremonies of the admin API: a master key is loaded or issued part by part, each part by
// another login. `operations.ts` has the rest and all of it.

import type { Actor } from './actor.ts'
import type {
  EnteredPart,
  KeyCeremony,
  KeyLoadFinish,
  KeyLoadStart,
  TakenPart,
} from './ceremony-schemas.ts'
import type { KeyIssue, MasterKeyInfo } from './key-schemas.ts'

export interface CeremonyOperations {
  /** Those that are open; a stopped switch has none. */
  keyCeremonies(): Promise<KeyCeremony[]>
  startKeyLoad(actor: Actor, start: KeyLoadStart): Promise<KeyCeremony>
  enterKeyPart(actor: Actor, id: string, part: EnteredPart): Promise<KeyCeremony>
  /** Puts the key in force, once all its parts are in. */
  finishKeyLoad(actor: Actor, id: string, finish: KeyLoadFinish): Promise<MasterKeyInfo>
  startKeyIssue(actor: Actor, start: KeyIssue): Promise<KeyCeremony>
  /** The next part, once. With the last one the key is in force. */
  takeKeyPart(actor: Actor, id: string): Promise<TakenPart>
  cancelKeyCeremony(actor: Actor, id: string): Promise<KeyCeremony>
}
