import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { redisChecks } from '../../server/app/doctor/redis-checks.ts';
import { silentLog, systemClock } from '../../server/base/index.ts';
import { RedisLink, RedisUnavailableError } from '../../server/store/shared/index.ts';
import { makeCertificate } from '../support/certificate.ts';
import { needs } from '../support/component.ts';
import { type Cleaning, freePort } from '../support/place.ts';
import { RedisServer } from '../support/redis-server.ts';

async function linkTo(context: Cleaning, url: string): Promise<RedisLink> {
  const link = await RedisLink.open({ url, clock: systemClock, log: silentLog });
  context.after(() => link.close());
  return link;
}

function turned(link: RedisLink, to: boolean): Promise<void> {
  if (link.isUp === to) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = link.watch(() => {
      cancel();
      resolve();
    });
  });
}

/** Of the heap, once nothing in it is of no use any more. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** What a channel hands over, one after the other. */
class Heard {
  readonly #told: string[] = [];
  #wake = (): void => {};

  take(payload: string): void {
    this.#told.push(payload);
    this.#wake();
  }

  async next(): Promise<string> {
    while (this.#told.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#told.shift() ?? '';
  }
}

test(
  'RedisLink sends, runs scripts and hears what is published',
  needs('redis'),
  async (context) => {
    const server = await RedisServer.start(context);
    const [one, two] = [await linkTo(context, server.url()), await linkTo(context, server.url())];
    assert.equal(await one.send('SET', 'k', 'v'), 'OK');
    assert.equal(await two.send('GET', 'k'), 'v');
    const heard = new Heard();
    const cancel = await two.subscribe('c', (payload) => heard.take(payload));
    const script = one.script("redis.call('PUBLISH', KEYS[1], ARGV[1]) return ARGV[1] + 1");
    assert.equal(await script.run(['c'], [41]), 42);
    assert.equal(await heard.next(), '41');
    cancel();
    await assert.rejects(one.send('NONSENSE'), { name: 'ReplyError' });
    assert.equal(one.isUp, true);
  },
);

for (const how of ['is killed', 'hangs'] as const) {
  test(
    `RedisLink refuses while its server ${how}, and goes on when it is back`,
    needs('redis'),
    async (context) => {
      const server = await RedisServer.start(context);
      const link = await linkTo(context, server.url());
      const heard = new Heard();
      await link.subscribe('c', (payload) => heard.take(payload));
      if (how === 'hangs') server.freeze();
      else await server.kill();
      const waiting = link.send('GET', 'k').catch((error: unknown) => error);
      await turned(link, false);
      assert.ok((await waiting) instanceof RedisUnavailableError);
      await assert.rejects(link.send('GET', 'k'), RedisUnavailableError);
      if (how === 'hangs') server.thaw();
      else await server.resume();
      await turned(link, true);
      await link.send('PUBLISH', 'c', 'again');
      assert.equal(await heard.next(), 'again');
    },
  );
}

test(
  'RedisLink.open() goes on alone without a server, and refuses a wrong password',
  needs('redis'),
  async (context) => {
    const nobody = await freePort();
    const alone = await linkTo(context, `redis://127.0.0.1:${nobody}`);
    assert.equal(alone.isUp, false);
    const server = await RedisServer.start(context, '--requirepass', 'right-one');
    const url = (password: string): string => `redis://:${password}@127.0.0.1:${server.port}`;
    assert.equal((await linkTo(context, url('right-one'))).isUp, true);
    await assert.rejects(linkTo(context, url('wrong-one')), /name or password are not right/);
    await assert.rejects(linkTo(context, server.url()), /name or password are not right/);
  },
);

test(
  'RedisLink.open() speaks TLS, and names a certificate that is not trusted',
  needs('redis', 'openssl'),
  async (context) => {
    const { certPath: cert, keyPath: key } = makeCertificate();
    const tlsPort = await freePort();
    await RedisServer.start(
      context,
      ...['--tls-port', String(tlsPort), '--tls-cert-file', cert, '--tls-key-file', key],
      ...['--tls-auth-clients', 'no'],
    );
    const url = `rediss://127.0.0.1:${tlsPort}`;
    await assert.rejects(linkTo(context, url), /certificate is not trusted, it is self-signed/);
  },
);

test('send() holds on to nothing once it is answered', needs('redis'), async (context) => {
  const server = await RedisServer.start(context);
  const link = await linkTo(context, server.url());
  const grown = async (rounds: number): Promise<number> => {
    const before = usedBytes();
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => link.send('PING')));
    }
    return usedBytes() - before;
  };
  await grown(50);
  assert.ok((await grown(150)) < 15_000 * 200, '15,000 commands take 200 bytes each');
});

test('redisChecks() looks at version, memory and disk', needs('redis'), async (context) => {
  assert.deepEqual(await redisChecks(undefined), []);
  const server = await RedisServer.start(context, '--maxmemory-policy', 'allkeys-lru');
  const checks = await redisChecks(server.url());
  assert.deepEqual(
    checks.map(({ name, outcome }) => [name, outcome]),
    [
      ['redis', 'ok'],
      ['redis-memory', 'warn'],
      ['redis-disk', 'ok'],
    ],
  );
  const [away] = await redisChecks(`redis://me:pass-of-a-test@127.0.0.1:${await freePort()}`);
  assert.equal(away?.outcome, 'fail');
  assert.ok(!JSON.stringify(away).includes('pass-of-a-test'));
});
