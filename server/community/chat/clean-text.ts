/** Takes out of what people type whatever deceives, steers or breaks what shows it. */

/** Line ends and the like become spaces: a message is one line. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/**
 * Controls; embeddings, overrides and isolates of the bidirectional algorithm (UAX #9), which can
 * turn what stands around them; invisible fillers; and the private and unassigned of no meaning.
 * The marks U+200E, U+200F and U+061C stay: they order only what is beside them.
 */
const FORBIDDEN =
  /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u2060-\u2064\u206a-\u206f\ufeff\u00ad\ufff9-\ufffb]/gu;
/** More marks on one letter than any script needs climb over the lines around it. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;
const SPACES = /\s+/g;

/** One line of well-formed Unicode, without what is forbidden and without space around it. */
export function cleanLine(text: string): string {
  return text
    .toWellFormed()
    .replace(BREAKS, ' ')
    .replace(FORBIDDEN, '')
    .replace(PILED_MARKS, '$1')
    .replace(SPACES, ' ')
    .trim();
}
