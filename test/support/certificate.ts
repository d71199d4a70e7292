import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { pathOf } from './component.ts';
import { tempFolder } from './place.ts';

/** Files in PEM. */
export interface CertificatePair {
  readonly certPath: string;
  readonly keyPath: string;
}

/** A certificate for this machine that signs itself, good for a day. Needs `openssl`. */
export function makeCertificate(): CertificatePair {
  const folder = tempFolder();
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', keyPath, '-out', certPath, '-days', '1'];
  execFileSync(pathOf('openssl'), ['req', '-x509', ...kind, ...names, ...files], {
    stdio: 'ignore',
  });
  return { certPath, keyPath };
}

/** What is sent beside the address. */
export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came back. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

/** A `fetch` that trusts this certificate and no other. */
export function trusting({ certPath }: CertificatePair) {
  const ca = readFileSync(certPath);
  return (url: string, { method = 'GET', headers = {}, body }: Asked = {}) =>
    new Promise<Answered>((resolve, reject) => {
      const sent = request(url, { method, headers, ca, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('error', reject);
        const { statusCode: status = 0, headers: fields } = response;
        response.on('end', () => resolve({ status, text, headers: fields }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
}
