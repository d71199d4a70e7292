import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { CertificatePair } from '../../server/base/certificate.test-support.ts';

export {
  type CertificatePair,
  makeCertificate,
} from '../../server/base/certificate.test-support.ts';

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
export function trusting({ cert: ca }: CertificatePair) {
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
