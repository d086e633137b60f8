// Compression of replies in pieces that are made beforehand and then sent one behind the other.
import { brotliCompressSync, constants, crc32, deflateRawSync } from 'node:zlib'
import type { Coding } from '../config/connectionkinds.ts'
import type { Coder } from '../replies/compress.ts'
import { type Frame, isWhole } from '../replies/frames.ts'
import { pausesAt } from '../replies/work.ts'
import { writeTime } from './patch.ts'

/** Nothing is said of name, time and system: https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const GZIP_HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
/** An empty block that is the last one: https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3 */
const DEFLATE_END = Uint8Array.of(3, 0)
const GZIP_TRAILER_BYTES = 8

/** The window that all pieces of a stream are for. */
const BROTLI_WINDOW = 18
/** Low enough that no piece refers to Brotli's own dictionary, whose place depends on how much came before. */
const BROTLI_QUALITY = 1
/**
 * The encoder's `BROTLI_PARAM_STREAM_OFFSET`, which Node's table lacks: so much has come before, so no head of a stream is written,
 * and nothing is taken for granted that an earlier piece may have changed.
 */
const STREAM_OFFSET = 9
/** Anything above the window. */
const BEFORE_BYTES = 1 << 20
/** An empty block that is the last one: https://www.rfc-editor.org/rfc/rfc7932#section-9.2 */
const BROTLI_END = Uint8Array.of(3)

/** One coder for each coding. `createdAt`, Unix seconds: the time that stands in compressed replies. */
export function createCoders(createdAt: number): Readonly<Record<Coding, Coder>> {
  const plain = (frame: Frame): Uint8Array => fillOnce(frame, createdAt * 1e6)
  return {
    gzip: {
      coding: 'gzip',
      begin: GZIP_HEAD,
      piece: (frame) => deflateRawSync(plain(frame), { finishFlush: constants.Z_SYNC_FLUSH }),
      end: function* (frames) {
        let checksum = 0
        let bytes = 0
        for (const [i, frame] of frames.entries()) {
          const piece = plain(frame)
          checksum = crc32(piece, checksum)
          bytes += piece.byteLength
          if (pausesAt(i)) yield
        }
        const trailer = new DataView(new ArrayBuffer(GZIP_TRAILER_BYTES))
        trailer.setUint32(0, checksum, true)
        trailer.setUint32(4, bytes, true)
        return Buffer.concat([DEFLATE_END, new Uint8Array(trailer.buffer)])
      },
    },
    br: {
      coding: 'br',
      begin: flushBrotli(new Uint8Array(), {}),
      piece: (frame) => flushBrotli(plain(frame), { [STREAM_OFFSET]: BEFORE_BYTES }),
      end: function* () {
        return BROTLI_END
      },
    },
  }
}

function flushBrotli(bytes: Uint8Array, more: Readonly<Record<number, number>>): Uint8Array {
  return brotliCompressSync(bytes, {
    finishFlush: constants.BROTLI_OPERATION_FLUSH,
    params: {
      [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      ...more,
    },
  })
}

/** What would be filled in as it is sent is the same for the whole run: ids as they were prepared, times the beginning of it. */
function fillOnce({ bytes, places }: Frame, unixMicros: number): Uint8Array {
  const times = places?.filter((place) => place.kind === 'time' && isWhole(place)) ?? []
  if (times.length === 0) return bytes
  const filled = bytes.slice()
  for (const { at } of times) writeTime(filled, at, unixMicros)
  return filled
}
