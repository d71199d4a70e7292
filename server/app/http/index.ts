/** @module One port for all HTTP faces: a fast lane for viewers, fastify for everything else. */
export { clientAddress } from './client-address.ts';
export {
  createHttpServer,
  type HttpServer,
  type HttpServerSettings,
  type HttpServerStats,
} from './http-server.ts';
export { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.ts';
export { ListenError, listenErrorOf } from './listen-error.ts';
export { type Caller, type GuardSettings, ManagementGuard } from './management-guard.ts';
export { type PlaylistSighting, type PlaylistWitness, VIEWER_FIELD } from './playlist-witness.ts';
export { problemOf, refuse } from './problem.ts';
export { FACES, type Face, type ResponseCount, ResponseTally } from './response-tally.ts';
export type { TlsKeyPair, UpgradeHandler } from './transport.ts';
