/** Names in a browser's description of itself, the more special before what they also claim to be. */
const BROWSERS = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/\S+ (?:Mobile\/\S+ )?Safari\//, 'Safari'],
] as const;

const SYSTEMS = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
] as const;

/** A browser in words, such as "Firefox on Linux", of what it says of itself (User-Agent). */
export function browserWords(userAgent: string | null): string {
  const text = userAgent ?? '';
  const browser = BROWSERS.find(([form]) => form.test(text))?.[1];
  const system = SYSTEMS.find(([form]) => form.test(text))?.[1];
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`;
  // A program: its own name, as of "curl/8.5.0".
  const program = /^[A-Za-z][\w.-]{0,40}(?=\/|$)/.exec(text)?.[0];
  if (program === undefined || program === 'Mozilla') return system ?? 'Unknown browser';
  return program;
}
