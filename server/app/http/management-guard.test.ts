import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { type Caller, type GuardSettings, ManagementGuard } from './management-guard.ts';

interface Case {
  readonly name: string;
  readonly settings?: Partial<GuardSettings>;
  readonly from?: string;
  readonly headers?: IncomingHttpHeaders;
  readonly httpVersion?: string;
  /** The code of the refusal; none when the caller may manage. */
  readonly refused?: string;
}

const PUBLIC = { publicUrl: 'https://live.example' };
const CASES: readonly Case[] = [
  { name: 'a program on this machine' },
  { name: 'a program over IPv6', from: '::1', headers: { host: '[::1]:8080' } },
  { name: 'a program over mapped IPv4', from: '::ffff:127.0.0.1' },
  { name: 'another machine', from: '192.0.2.1', refused: 'management_is_local' },
  { name: 'a mapped other machine', from: '::ffff:192.0.2.1', refused: 'management_is_local' },
  { name: 'a name that only starts like loopback', from: '127.x', refused: 'management_is_local' },
  {
    name: 'a reverse proxy on this machine',
    headers: { 'x-forwarded-for': '127.0.0.1' },
    refused: 'management_is_local',
  },
  { name: 'another proxy', headers: { via: '1.1 edge' }, refused: 'management_is_local' },
  {
    name: 'a token that nobody asked for',
    headers: { authorization: 'Bearer some-token' },
    refused: 'unauthorized',
  },
  {
    name: 'a trusted proxy that sends no field at all',
    settings: { trustedProxies: ['127.0.0.0/8'] },
    refused: 'management_is_local',
  },
  {
    name: 'a proxy that sends no field of its own',
    httpVersion: '1.0',
    headers: { host: '127.0.0.1:8080' },
    refused: 'management_is_local',
  },
  {
    name: 'a rebound name',
    headers: { host: 'evil.example:8080' },
    refused: 'host_not_allowed',
  },
  { name: 'a name under localhost', headers: { host: 'app.localhost:8080' } },
  {
    name: 'a name that only starts as localhost',
    headers: { host: 'localhost.evil.example' },
    refused: 'host_not_allowed',
  },
  {
    name: 'a host behind user information',
    headers: { host: 'a@localhost' },
    refused: 'host_not_allowed',
  },
  { name: 'no host', headers: { host: '' }, refused: 'host_not_allowed' },
  { name: 'the bound host', settings: { host: 'box.lan' }, headers: { host: 'BOX.lan:8080' } },
  { name: 'the public host', settings: PUBLIC, headers: { host: 'live.example' } },
  {
    name: 'its own page',
    headers: { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
  },
  {
    name: 'its own page behind a proxy that rewrites Host',
    settings: PUBLIC,
    headers: { origin: 'https://live.example', 'sec-fetch-site': 'same-origin' },
  },
  {
    name: 'a page of another site',
    headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    refused: 'host_not_allowed',
  },
  {
    name: 'a page of another port',
    headers: { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
    refused: 'host_not_allowed',
  },
  { name: 'a page without origin', headers: { origin: 'null' }, refused: 'host_not_allowed' },
  {
    name: 'a link on another site',
    headers: { 'sec-fetch-site': 'cross-site' },
    refused: 'host_not_allowed',
  },
  { name: 'a typed address', headers: { 'sec-fetch-site': 'none' } },
  { name: 'no token', settings: { token: 'secret' }, refused: 'unauthorized' },
  {
    name: 'a wrong token',
    settings: { token: 'secret' },
    headers: { authorization: 'Bearer secre' },
    refused: 'unauthorized',
  },
  {
    name: 'another scheme',
    settings: { token: 'secret' },
    headers: { authorization: 'Basic secret' },
    refused: 'unauthorized',
  },
  {
    name: 'the token from anywhere',
    settings: { token: 'secret' },
    from: '192.0.2.1',
    headers: { host: 'origin.internal', authorization: 'bearer  secret', via: '1.1 edge' },
  },
  {
    name: 'the token in a page of another site',
    settings: { token: 'secret' },
    headers: { authorization: 'Bearer secret', origin: 'https://evil.example' },
    refused: 'host_not_allowed',
  },
  { name: 'an empty token as none', settings: { token: '' } },
];

for (const { name, settings, from = '127.0.0.1', headers, httpVersion = '1.1', refused } of CASES) {
  test(`ManagementGuard.check() ${refused ?? 'lets through'}: ${name}`, () => {
    const guard = new ManagementGuard({ host: '0.0.0.0', ...settings });
    const caller: Caller = {
      remoteAddress: from,
      httpVersion,
      headers: { host: 'localhost:8080', ...headers },
    };
    assert.equal(guard.check(caller)?.refused, refused);
  });
}

const WORDS: readonly (readonly [what: string, case_: Omit<Case, 'name'>, words: RegExp])[] = [
  [
    'another machine',
    { from: '192.0.2.1' },
    /^Cannot manage from 192\.0\.2\.1: this server has no/,
  ],
  [
    'a header',
    { headers: { 'x-real-ip': '::1' } },
    /through a proxy, as the header x-real-ip says/,
  ],
  ['HTTP/1.0', { httpVersion: '1.0' }, /over HTTP\/1\.0/],
  ['a trusted proxy', { settings: { trustedProxies: ['127.0.0.1'] } }, /127\.0\.0\.1, which is in/],
  ['a token', { headers: { authorization: 'Bearer x' } }, /was sent, and this server has no API_T/],
  ['no token', { settings: { token: 'secret' } }, /no token was sent/],
  [
    'another scheme',
    { settings: { token: 'secret' }, headers: { authorization: 'Basic eDp5' } },
    /has another form/,
  ],
];
for (const [what, { settings, from = '127.0.0.1', headers, httpVersion = '1.1' }, words] of WORDS) {
  test(`ManagementGuard.check() says what was sent: ${what}`, () => {
    const guard = new ManagementGuard({ host: '0.0.0.0', ...settings });
    const sent = { host: 'localhost:8080', ...headers };
    const refusal = guard.check({ remoteAddress: from, httpVersion, headers: sent });
    assert.match(refusal?.detail ?? '', words);
    assert.ok(!refusal?.detail.includes('secret"'), 'no token is repeated');
  });
}
