/**
 * Whether an Accept-Encoding value lets a server answer with gzip (RFC 9110 section 12.5.3). An
 * absent field lets it too by the letter, but old clients that say nothing cannot all unpack.
 */
export function acceptsGzip(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (value === 'gzip' || (value.startsWith('gzip,') && !value.includes(';'))) return true;
  let named: boolean | undefined;
  let starred = false;
  for (const element of value.toLowerCase().split(',')) {
    const [coding, ...parameters] = element.split(';').map((part) => part.trim());
    const wanted = !parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
    if (coding === 'gzip' || coding === 'x-gzip') named = wanted;
    else if (coding === '*') starred = wanted;
  }
  return named ?? starred;
}
