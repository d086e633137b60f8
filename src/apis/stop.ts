// Texts before which a reply ends (`stop`, `stop_sequences`, …).

/**
 * The pieces up to the first occurrence of any of `stops` in what they say together, and which it was; of the piece in which it begins, what is
 * before it. All pieces when there is none.
 */
export function stopPieces<Piece extends { readonly text: string }>(
  pieces: readonly Piece[],
  stops: readonly string[],
): { readonly pieces: readonly Piece[]; readonly sequence: string | undefined } {
  const whole = pieces.map(({ text }) => text).join('')
  const [found] = stops
    .map((sequence) => ({ sequence, at: whole.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at || b.sequence.length - a.sequence.length)
  return found === undefined
    ? { pieces, sequence: undefined }
    : { pieces: cutPieces(pieces, found.at), sequence: found.sequence }
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
