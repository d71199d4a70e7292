import { Agent, request } from 'node:http';

/** One request of the API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Sends requests of the API over connections that stay open, as programs and pages do. */
export class ApiCaller {
  readonly #origin: string;
  readonly #agent: Agent;

  /** `origin` is the server's address without a slash at the end. */
  constructor(origin: string, connections = 64) {
    this.#origin = origin;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Resolves when the whole answer has come. */
  call({ method, path, body, headers = {} }: ApiCall): Promise<ApiReply> {
    const { promise, resolve, reject } = Promise.withResolvers<ApiReply>();
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(`${this.#origin}${path}`, {
      method,
      agent: this.#agent,
      headers: {
        accept: 'application/json',
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        ...headers,
      },
    });
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, text: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(payload);
    return promise;
  }

  /** The body of an answer that has to be one of success; throws what came instead. */
  async read<Body>(call: ApiCall): Promise<Body> {
    const { status, text } = await this.call(call);
    if (status >= 300) throw new Error(`${call.method} ${call.path}: ${status} ${text}`);
    return JSON.parse(text) as Body;
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}
