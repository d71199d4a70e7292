/**
 * @module Exits with 0 when the server of this container answers /health. TLS is not verified:
 * the certificate is for the public name, and the question is only whether somebody is at home.
 */
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

const ANSWER_MAX_MS = 4000;
const { PORT = '8080', TLS_CERT } = process.env;

const target = { host: '127.0.0.1', port: PORT, path: '/health', timeout: ANSWER_MAX_MS };
const request = TLS_CERT
  ? secureRequest({ ...target, rejectUnauthorized: false })
  : plainRequest(target);
request.on('response', (response) => process.exit(response.statusCode === 200 ? 0 : 1));
request.on('timeout', () => process.exit(1));
request.on('error', () => process.exit(1));
request.end();
