import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificatePair } from './certificate.ts';
import { pathOf } from './component.ts';
import { type Cleaning, tempFolder } from './place.ts';
import { startProcess } from './process.ts';

const SITE = join(import.meta.dirname, '../../deploy/nginx.conf');

/** Where the documented site is reached. */
export interface Site {
  readonly url: string;
  /** Without HTTPS. */
  readonly plainUrl: string;
}

/**
 * nginx as `deploy/nginx.conf` sets it up, in front of `port`; `needs('nginx')` has been asked
 * before. Throws when the file says other things than its comment tells people to change.
 */
export async function startNginx(
  context: Cleaning,
  { ports, tls }: { readonly ports: SitePorts; readonly tls: CertificatePair },
): Promise<Site> {
  const folder = tempFolder();
  const changes = [
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${ports.millrace};`],
    ['listen 80;', `listen 127.0.0.1:${ports.plain};`],
    ['listen [::]:80;', ''],
    ['listen 443 ssl http2;', `listen 127.0.0.1:${ports.secure} ssl http2;`],
    ['listen [::]:443 ssl http2;', ''],
    ['/etc/letsencrypt/live/tv.example/fullchain.pem', tls.certPath],
    ['/etc/letsencrypt/live/tv.example/privkey.pem', tls.keyPath],
  ] as const;
  let site = readFileSync(SITE, 'utf8');
  for (const [documented, here] of changes) {
    if (!site.includes(documented)) throw new Error(`Cannot set up nginx: no "${documented}"`);
    site = site.replace(documented, here);
  }
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const http = ['access_log off;', ...kept, site].join('\n');
  const main = join(folder, 'nginx.conf');
  writeFileSync(main, `daemon off; pid ${join(folder, 'pid')};\nevents {}\nhttp {\n${http}\n}\n`);
  const log = ['-e', 'stderr', '-g', 'error_log stderr notice;'];
  await startProcess(context, [pathOf('nginx'), '-p', folder, '-c', main, ...log], {
    ready: /start worker process/,
  });
  const [url, plainUrl] = [`https://127.0.0.1:${ports.secure}`, `http://127.0.0.1:${ports.plain}`];
  return { url, plainUrl };
}

/** Of Millrace, and of the site in front of it. */
export interface SitePorts {
  readonly millrace: number;
  readonly secure: number;
  readonly plain: number;
}
