import { type Browser, chromium } from 'playwright-core';
import { pathOf } from './component.ts';
import type { Cleaning } from './place.ts';

/** No sandbox, since CI runs as root; no calls home, since tests stay on the loopback interface. */
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  '--autoplay-policy=no-user-gesture-required',
];

/** A headless Chromium with a fresh profile, closed when the test is over. */
export async function launchChromium(context: Cleaning): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: pathOf('chromium'), args: FLAGS });
  context.after(() => browser.close());
  return browser;
}
