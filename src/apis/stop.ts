// Texts before which a reply ends (`stop`, `stop_sequences`, …).

/** So many pieces are looked through at once. */
const WINDOW = 256

/**
 * The pieces up to the first occurrence of any of `stops` in what they say together, and which it was; of the piece in which it begins, what is
 * before it. All pieces when there is none.
 */
export function stopPieces<Piece extends { readonly text: string }>(
  pieces: readonly Piece[],
  stops: readonly string[],
): { readonly pieces: readonly Piece[]; readonly sequence: string | undefined } {
  const longest = Math.max(...stops.map(({ length }) => length))
  let before = 0
  for (let from = 0; from < pieces.length; from += WINDOW) {
    // What begins in this window may end in a later one.
    let text = ''
    let windowEnd = 0
    let to = from
    while (to < pieces.length && (to < from + WINDOW || text.length < windowEnd + longest)) {
      text += pieces[to++]!.text
      if (to === from + WINDOW) windowEnd = text.length
    }
    const found = stops
      .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
      .filter(({ at }) => at >= 0)
      .toSorted((a, b) => a.at - b.at || b.sequence.length - a.sequence.length)[0]
    if (found !== undefined) return { pieces: cutPieces(pieces, before + found.at), sequence: found.sequence }
    before += pieces.slice(from, from + WINDOW).reduce((sum, piece) => sum + piece.text.length, 0)
  }
  return { pieces, sequence: undefined }
}

/** The first so many characters. */
function cutPieces<Piece extends { readonly text: string }>(
  pieces: readonly Piece[],
  characters: number,
): Piece[] {
  const kept: Piece[] = []
  let left = characters
  for (const piece of pieces) {
    if (left <= 0) break
    kept.push(piece.text.length <= left ? piece : { ...piece, text: piece.text.slice(0, left) })
    left -= piece.text.length
  }
  return kept
}
