// A message that is to be sent lies behind some free bytes of its own memory. What belongs in front
// of it, a link's header and a TPDU, is written there, and the message is copied nowhere. What lies
// in other memory, as a frame that came does, is copied: there the bytes in front are not ours.

/** The global is looked up by a function at every use. */
const { allocUnsafe, from } = Buffer

/** A header of a gateway's link, its envelope and a TPDU take 14. */
const ROOM_BYTES = 16

class Memory extends ArrayBuffer {
  /** The bytes in front of this place are nobody's. Whoever takes some moves it. */
  free = ROOM_BYTES
}

/** Zeros, alone in their memory but for the room. */
export function bytesWithRoom(count: number): Buffer {
  return from(new Memory(ROOM_BYTES + count), ROOM_BYTES)
}

/** The body behind so many bytes more, which the caller writes. The body stays what it is. */
export function behind(count: number, body: Buffer): Buffer {
  const { buffer, byteOffset, length } = body
  const start = byteOffset - count
  if (buffer instanceof Memory && buffer.free === byteOffset && start >= 0) {
    buffer.free = start
    return from(buffer, start, count + length)
  }
  const copy = allocUnsafe(count + length)
  body.copy(copy, count)
  return copy
}
