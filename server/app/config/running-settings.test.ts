import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RunRequest, readConfiguration } from './configuration.ts';
import { RunningSettings } from './running-settings.ts';

const TOKEN = 'a-token-of-these-tests';

function asked(env: Readonly<Record<string, string>>, envFile?: string): RunRequest {
  const read = readConfiguration({ args: [], env, envFile });
  assert.ok(read.kind === 'run', JSON.stringify(read));
  return read;
}

test('RunningSettings.compare() parts what can change from what needs a restart', () => {
  const running = new RunningSettings(asked({ PORT: '1' }));
  const next = asked({ PORT: '2', LOG_LEVEL: 'warn', RECONNECT_WINDOW: '5', API_TOKEN: TOKEN });
  const { after, applied, needRestart } = running.compare(next);
  assert.deepEqual(applied, ['RECONNECT_WINDOW', 'API_TOKEN', 'LOG_LEVEL']);
  assert.deepEqual(needRestart, ['PORT']);
  assert.deepEqual(
    [after.PORT, after.LOG_LEVEL, after.RECONNECT_WINDOW, after.API_TOKEN],
    [1, 'warn', 5, TOKEN],
  );
  assert.equal(running.current.LOG_LEVEL, 'info', 'nothing is changed yet');
});

test('RunningSettings.compare() goes by values, not by how they are written', () => {
  const running = new RunningSettings(asked({ PART_DURATION: '.25', LOG_LEVEL: 'WARN' }));
  const { applied, needRestart } = running.compare(
    asked({ PART_DURATION: '0.250', LOG_LEVEL: 'warn' }),
  );
  assert.deepEqual([applied, needRestart], [[], []]);
});

test('RunningSettings.compare() lets no port begin or stop to speak TLS', () => {
  const files = { TLS_CERT: 'a.pem', TLS_KEY: 'b.pem' };
  const begin = new RunningSettings(asked({})).compare(asked(files));
  assert.deepEqual([begin.applied, begin.needRestart], [[], ['TLS_CERT', 'TLS_KEY']]);
  assert.equal(begin.after.TLS_CERT, undefined);
  const running = new RunningSettings(asked(files));
  const stop = running.compare(asked({}));
  assert.deepEqual([stop.applied, stop.needRestart], [[], ['TLS_CERT', 'TLS_KEY']]);
  const other = running.compare(asked({ ...files, TLS_CERT: 'c.pem' }));
  assert.deepEqual([other.applied, other.after.TLS_CERT], [['TLS_CERT'], 'c.pem']);
});

test('RunningSettings.view() says what counts, who said so, and what awaits a restart', () => {
  const running = new RunningSettings(asked({ PORT: '1' }, 'LADDER=90p=160x90@100k'));
  const of = (name: string) => running.view().find((each) => each.name === name);
  assert.deepEqual(of('PORT'), {
    ...{ name: 'PORT', value: '1', source: 'environment' },
    ...{ takesEffect: 'restart', awaitsRestart: false },
  });
  assert.deepEqual([of('LADDER')?.value, of('LADDER')?.source], ['90p=160x90@100k', 'file']);
  assert.deepEqual([of('DEMO')?.value, of('DEMO')?.source], ['1', 'default']);
  assert.deepEqual([of('PUBLIC_URL')?.value, of('HOST')?.value], [null, '::']);

  const next = asked({ PORT: '2', LOG_LEVEL: 'debug' });
  running.take(running.compare(next), next);
  assert.deepEqual([of('PORT')?.value, of('PORT')?.awaitsRestart], ['1', true]);
  assert.deepEqual([of('LOG_LEVEL')?.value, of('LOG_LEVEL')?.source], ['debug', 'environment']);
  assert.deepEqual(of('LADDER')?.source, 'default');

  const back = asked({ PORT: '1' });
  running.take(running.compare(back), back);
  assert.equal(of('PORT')?.awaitsRestart, false);
});

test('RunningSettings.view() shows no secret', () => {
  const password = 'pass-of-the-database';
  const url = `postgres://me:${password}@db.example/x?password=${password}`;
  const view = new RunningSettings(asked({ API_TOKEN: TOKEN, DATABASE_URL: url })).view();
  const text = JSON.stringify(view);
  assert.ok(!text.includes(TOKEN) && !text.includes(password), text);
  assert.deepEqual(
    view.filter(({ value }) => value === '[hidden]').map(({ name }) => name),
    ['API_TOKEN', 'DATABASE_URL'],
  );
});
