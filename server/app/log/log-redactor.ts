/**
 * Takes secrets out of text. It works on whole log lines, so that no field, error or stack gets
 * past it, whoever wrote it.
 */

const HIDDEN = '[redacted]';

/** Fields whose whole value is secret, in JSON as log lines are written. */
const SECRET_FIELD =
  /"([\w-]{0,40}(?:streamKey|stream_key|password|passphrase|secret|token|authorization|cookie|pepper))":"(?:[^"\\]|\\.)*"/gi;

/** Where a word begins; in JSON also behind an escape such as `\n`, whose letter is no part of it. */
const BEGIN = String.raw`(?:(?<=\\[bfnrt])|(?<![A-Za-z0-9_]))`;

const PATTERNS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // The id stays: it says which stream, and proves nothing. Also what only resembles a key, as a
  // mistyped one does.
  [pattern('live_([a-z0-9]{1,100}_)?[A-Za-z0-9-]{8,}', 'g'), `live_$1${HIDDEN}`],
  // API tokens, secrets of webhooks, and the addresses of one-time links.
  [pattern('mrt_[a-z2-7]{8,}', 'g'), `mrt_${HIDDEN}`],
  [pattern('whsec_[A-Za-z0-9+/=]{8,}', 'g'), `whsec_${HIDDEN}`],
  [/(\/setup[#/])[a-z2-7]{8,}/g, `$1${HIDDEN}`],
  [pattern(String.raw`(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+`, 'gi'), `$1 ${HIDDEN}`],
  // A JSON Web Token, even without its name: it begins with an object in base64.
  [pattern(String.raw`eyJ[\w-]+\.[\w-]+\.[\w-]*`, 'g'), HIDDEN],
  // The publish name of an RTMP address, with whatever follows it.
  [pattern(String.raw`(rtmps?://[^\s"'/\\]+/[^\s"'/\\]+/)[^\s"'\\]+`, 'gi'), `$1${HIDDEN}`],
  [pattern(String.raw`([a-z][a-z0-9+.-]{0,20}://)[^\s"'/@\\]+@`, 'gi'), `$1${HIDDEN}@`],
  [
    /([?&;](?:[\w-]{0,40}(?:token|key|secret|password|passphrase|signature)|sig|auth|code)=)[^\s"'&#\\]+/gi,
    `$1${HIDDEN}`,
  ],
];

function pattern(source: string, flags: string): RegExp {
  return new RegExp(`${BEGIN}${source}`, flags);
}

/** `text` without stream keys, bearer tokens, and tokens or passwords in addresses. */
export function redact(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}

/**
 * A function that does what `redact` does, for a line of JSON, and hides `secrets` as well, those
 * too that are added later.
 */
export function createRedactor(secrets: Iterable<string>): (line: string) => string {
  return (line) => {
    let clean = line.replace(SECRET_FIELD, `"$1":"${HIDDEN}"`);
    for (const secret of secrets) clean = clean.replaceAll(secret, HIDDEN);
    return redact(clean);
  };
}
