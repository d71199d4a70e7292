import type { EntryDraft, NumberedEntry } from './bus.ts';

/** An entry as it lies in Redis. */
export interface SharedEntry {
  readonly numbered: NumberedEntry;
  /** Which entry it is, whatever number it has. */
  readonly key: string;
  /** Itself as text, without number and run. */
  readonly body: string;
}

interface Body {
  readonly key: string;
  readonly nonce: string | null;
  readonly draft: EntryDraft;
}

/** The entry as text. */
export function bodyOf(body: Body): string {
  return JSON.stringify(body);
}

/** The entry that has become number `seq` of the run `epoch`. */
export function sharedEntry(seq: number, epoch: string, body: string): SharedEntry {
  const { key, nonce, draft } = read(body);
  // Its number is not the last thing in it, which people who read frames are glad of.
  const { type, ...rest } = draft;
  const entry = { type, seq, ...rest } as NumberedEntry['entry'];
  return { numbered: { entry, epoch, nonce }, key, body };
}

/** What another version wrote, and this one cannot read, keeps its number and shows nothing. */
function read(body: string): Body {
  try {
    const value: Partial<Body> = JSON.parse(body);
    const { key, nonce = null, draft } = value;
    if (typeof key === 'string' && typeof draft?.type === 'string') return { key, nonce, draft };
  } catch {}
  return { key: body, nonce: null, draft: { type: 'removal', ids: [] } };
}
