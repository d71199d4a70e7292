/** @module The orchestrator behind the real HTTP server, in this process or as one of its own. */

import { createHttpServer } from '../../server/app/http/index.ts';
import { registerOrchestratorRoutes } from '../../server/app/routes/orchestrator.ts';
import {
  type Clock,
  type Log,
  RightOfWay,
  silentLog,
  systemClock,
} from '../../server/base/index.ts';
import { OnAir } from '../../server/live/index.ts';
import { Orchestrator, type StreamDefaults } from '../../server/pipeline/orchestrator/index.ts';
import { isDeliveryPath, Origin } from '../../server/pipeline/origin/index.ts';
import type { Journal } from '../../server/store/journal/index.ts';

const CLOSE_MS = 2000;

/** How to start one. */
export interface ServerSettings {
  readonly journal: Journal;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly defaults?: StreamDefaults;
}

/** A running server. */
export interface OrchestratorServer {
  readonly orchestrator: Orchestrator;
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a server on a free loopback port, with everything that its journal has kept. */
export async function startServer(settings: ServerSettings): Promise<OrchestratorServer> {
  const { clock = systemClock, log = silentLog, journal } = settings;
  const defaults = settings.defaults ?? { windowSize: 6 };
  const orchestrator = new Orchestrator({ clock, log, journal, defaults });
  await orchestrator.recover();
  const origin = new Origin({
    ...{ clock, onAir: new OnAir(), orchestrated: orchestrator },
    observer: { answered: () => {} },
    rightOfWay: new RightOfWay(clock, setImmediate),
  });
  const server = createHttpServer({
    log,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    delivery: { handler: origin, matches: isDeliveryPath },
    register: (app) => registerOrchestratorRoutes(app, { orchestrator }),
    management: {},
  });
  const { port } = await server.listen();
  return {
    orchestrator,
    url: `http://127.0.0.1:${port}`,
    async close() {
      origin.release();
      await server.close(CLOSE_MS);
      await orchestrator.close();
    },
  };
}

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends JSON and reads JSON. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<ApiAnswer> {
  const response = await fetch(url + path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : JSON.parse(text),
  };
}

/** The text of a playlist, with its status. */
export async function playlist(
  url: string,
  stream: string,
  rendition: string,
  query = '',
): Promise<string> {
  const response = await fetch(
    `${url}/streams/${stream}/renditions/${rendition}/playlist.m3u8${query}`,
  );
  return response.ok ? response.text() : `${response.status}`;
}
