// Who asks, when proxies stand in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, openWholeApi, PASSWORD } from './whole-api.test-support.ts';

const PROXY = '10.0.0.2';
const LOCAL = { host: '127.0.0.1:8080' };

test('behind a trusted proxy limits, sessions and the audit log know who asks (A18)', async () => {
  const api = await openWholeApi({ trustedProxies: ['10.0.0.0/8'] });
  const anna = await join(api, 'anna', 'admin');
  const signIn = (address: string, name: string, password: string) =>
    api.ask('POST /api/session', {
      from: PROXY,
      headers: { 'x-forwarded-for': `203.0.113.99, ${address}` },
      body: { name, password },
    });
  const statuses: number[] = [];
  for (let guess = 0; guess < 31; guess += 1) {
    statuses.push((await signIn('198.51.100.7', `name${guess}`, 'wrong')).statusCode);
  }
  assert.deepEqual(statuses, [...Array<number>(30).fill(401), 429]);
  assert.equal((await signIn('198.51.100.8', 'anna', PASSWORD)).statusCode, 200);
  const sessions = (await api.ask('GET /api/sessions', { headers: anna })).json();
  const addresses = sessions.data.map((each: { remoteAddress: string }) => each.remoteAddress);
  assert.deepEqual(addresses.toSorted(), ['192.0.2.7', '198.51.100.8']);
  const audit = (await api.ask('GET /api/audit?limit=1', { headers: anna })).json();
  assert.deepEqual(
    [audit.data[0].action, audit.data[0].actor.remoteAddress],
    ['session.create', '198.51.100.8'],
  );
});

test('X-Forwarded-For of anybody else is not believed', async () => {
  const api = await openWholeApi({ trustedProxies: ['10.0.0.0/8'] });
  const anna = await join(api, 'anna', 'admin');
  const body = { name: 'anna', password: PASSWORD };
  const headers = { 'x-forwarded-for': '198.51.100.7' };
  await api.ask('POST /api/session', { from: '192.0.2.9', headers, body });
  const sessions = (await api.ask('GET /api/sessions', { headers: anna })).json();
  const addresses = sessions.data.map((each: { remoteAddress: string }) => each.remoteAddress);
  assert.deepEqual(addresses.toSorted(), ['192.0.2.7', '192.0.2.9']);
});

test('whoever comes through a proxy on this machine is not local, whatever it says', async () => {
  const api = await openWholeApi({ trustedProxies: ['127.0.0.1'] });
  const body = { broadcasterId: 'x', title: 'x' };
  for (const headers of [{}, { 'x-forwarded-for': '127.0.0.1' }, { 'x-forwarded-for': '::1' }]) {
    const asked = { from: '127.0.0.1', headers: { ...LOCAL, ...headers }, body };
    assert.equal((await api.ask('POST /api/streams', asked)).statusCode, 403);
  }
  const local = { from: '::1', headers: { host: '[::1]:8080' }, body };
  assert.equal((await api.ask('POST /api/streams', local)).statusCode, 201);
});
