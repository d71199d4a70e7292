/** Which key does what on the watch page. */

/** What a key asks for. */
export type Shortcut =
  | { readonly kind: 'play' | 'mute' | 'fullscreen' | 'oldest' | 'live' }
  | { readonly kind: 'seek'; readonly deltaS: number };

/** What had the focus when a key was pressed: `reading` is what keys scroll, `slider` the seek bar. */
export type KeyPlace = 'page' | 'slider' | 'button' | 'range' | 'reading' | 'typing';

/** A pressed key, by the name that the browser gives it. */
export interface KeyPress {
  readonly key: string;
  readonly place: KeyPlace;
  /** Whether it is held down, and comes again and again. */
  readonly isRepeated: boolean;
}

/** How far J and L go, and the button, in seconds. */
export const STEP_S = 10;
/** How far an arrow key goes, in seconds. */
const ARROW_S = 5;
/** How far the keys that turn pages go on the bar, in seconds. */
const PAGE_S = 30;

const LETTERS: Readonly<Record<string, Shortcut>> = {
  k: { kind: 'play' },
  j: { kind: 'seek', deltaS: -STEP_S },
  l: { kind: 'seek', deltaS: STEP_S },
  m: { kind: 'mute' },
  f: { kind: 'fullscreen' },
};
/** Keys that also scroll, or move what has the focus. */
const MOVES: Readonly<Record<string, Shortcut>> = {
  ArrowLeft: { kind: 'seek', deltaS: -ARROW_S },
  ArrowRight: { kind: 'seek', deltaS: ARROW_S },
  Home: { kind: 'oldest' },
  End: { kind: 'live' },
};
/** What a slider does besides. */
const SLIDES: Readonly<Record<string, Shortcut>> = {
  ArrowDown: { kind: 'seek', deltaS: -ARROW_S },
  ArrowUp: { kind: 'seek', deltaS: ARROW_S },
  PageDown: { kind: 'seek', deltaS: -PAGE_S },
  PageUp: { kind: 'seek', deltaS: PAGE_S },
};

/** What a key asks for; null: nothing, or something of what has the focus. */
export function shortcutOf({ key, place, isRepeated }: KeyPress): Shortcut | null {
  if (place === 'typing') return null;
  const shortcut = LETTERS[key.toLowerCase()] ?? moveOf(key, place);
  const isSwitch = shortcut !== null && shortcut.kind !== 'seek';
  return isSwitch && isRepeated ? null : shortcut;
}

function moveOf(key: string, place: KeyPlace): Shortcut | null {
  if (place === 'reading' || place === 'range') return null;
  if (key === ' ') return place === 'button' ? null : { kind: 'play' };
  return MOVES[key] ?? (place === 'slider' ? SLIDES[key] : undefined) ?? null;
}
