/** What a Range field asks of a body (RFC 9110 14.1.2). */
export type RangeAnswer =
  /** No range, several, or not understood: the whole body. */
  'whole' | 'unsatisfiable' | { readonly first: number; readonly last: number };

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** Reads a Range field against a body of `sizeBytes`. Only a single byte range is honoured. */
export function parseRange(field: string | undefined, sizeBytes: number): RangeAnswer {
  if (field === undefined) return 'whole';
  const match = ONE_RANGE.exec(field.trim());
  const from = match?.[1] ?? '';
  const to = match?.[2] ?? '';
  if (match === null || (from === '' && to === '')) return 'whole';
  if (from === '') {
    const suffix = Number(to);
    if (suffix === 0 || sizeBytes === 0) return 'unsatisfiable';
    return { first: Math.max(0, sizeBytes - suffix), last: sizeBytes - 1 };
  }
  const first = Number(from);
  const last = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (to !== '' && Number(to) < first) return 'whole';
  return first >= sizeBytes ? 'unsatisfiable' : { first, last };
}

/** Bytes `first` to `last` of `chunks`, as views: nothing is copied. */
export function sliceChunks(
  chunks: readonly Uint8Array[],
  first: number,
  last: number,
): Uint8Array[] {
  const slices: Uint8Array[] = [];
  let start = 0;
  for (const chunk of chunks) {
    const end = start + chunk.length;
    if (end > first && start <= last) {
      slices.push(
        chunk.subarray(Math.max(0, first - start), Math.min(chunk.length, last + 1 - start)),
      );
    }
    start = end;
  }
  return slices;
}
