/** Chat for those who speak IRC: where they come in, who they are, and which streams they mean. */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { type Accounts, mayDo, type Principal } from '../../account/index.ts';
import type { Clock, Log, RightOfWay } from '../../base/index.ts';
import type { Channels } from '../../channel/index.ts';
import { type Chat, isOwnOrigin } from '../../community/chat/index.ts';
import {
  type IrcAccount,
  IrcDoor,
  IrcGateway,
  type IrcKeyPair,
  IrcListener,
  type IrcPlace,
  type IrcTally,
} from '../../community/irc/index.ts';
import type { Database } from '../../store/sql/index.ts';
import type { Configuration } from '../config/index.ts';
import { clientAddress, listenErrorOf, type UpgradeHandler } from '../http/index.ts';
import type { Attendant } from './chat-follower.ts';
import { memberOf } from './people.ts';

const NAME_BYTES = 9;
/** What ids of streams and names of users are made of. */
const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** What the gateway needs of the application. */
export interface IrcFaceSettings {
  readonly chat: Chat;
  readonly channels: Channels;
  readonly accounts: Accounts;
  readonly database: Database;
  /** Without IRC_PORT there are WebSockets alone. Without TLS only this machine is served. */
  readonly configuration: Pick<Configuration, 'HOST' | 'IRC_PORT' | 'PUBLIC_URL'>;
  readonly tls: IrcKeyPair | undefined;
  /** Addresses of proxies whose word is taken for who asks, in CIDR. */
  readonly trustedProxies: () => readonly string[] | undefined;
  readonly rightOfWay: RightOfWay;
  readonly clock: Clock;
  readonly log: Log;
}

/** See the top of the file. */
export class IrcFace {
  /** The port taken; undefined while there is none. */
  port: number | undefined;
  readonly #settings: IrcFaceSettings;
  readonly #gateway: IrcGateway;
  readonly #door: IrcDoor;
  #listener: IrcListener | undefined;

  constructor(settings: IrcFaceSettings) {
    this.#settings = settings;
    const { chat, rightOfWay, clock, log, configuration } = settings;
    const name = `irc-${randomBytes(NAME_BYTES).toString('base64url')}`;
    this.#gateway = new IrcGateway(name, {
      world: {
        accountOf: (token) => this.#accountOf(token),
        placeOf: (channel) => this.#placeOf(channel),
        roomOf: async (streamId) => chat.room(streamId),
      },
      ...{ clock, log },
      yieldTo: (task) => rightOfWay.yieldTo(task),
    });
    this.#door = new IrcDoor(this.#gateway, {
      isOwnPage: ({ headers }) =>
        isOwnOrigin(headers.origin, headers.host, configuration.PUBLIC_URL),
      addressOf: ({ headers, socket: { remoteAddress } }) =>
        clientAddress({ remoteAddress, headers }, settings.trustedProxies()) ?? '',
    });
  }

  /** What takes the WebSockets: ours, and `others`. */
  upgrade(others: UpgradeHandler): UpgradeHandler {
    return {
      matches: (url) => others.matches(url) || IrcDoor.accepts(url),
      handle: (request, socket, head) => {
        const isOurs = !others.matches(request.url ?? '');
        if (isOurs) this.#door.upgrade(request, socket, head);
        else others.handle(request, socket, head);
      },
    };
  }

  /** Whoever is connected and said who they are. */
  *attendants(): Iterable<Attendant> {
    for (const session of this.#gateway.clients) {
      if (session.account === undefined) continue;
      const { tokenId: id } = session.account;
      yield {
        bearer: id === undefined ? { kind: 'operator' } : { kind: 'token', id },
        streamId: undefined,
        signOut: () => session.end('signed_out'),
        // What they are is asked each time they write.
        restate: () => {},
        sendAway: () => {},
      };
    }
  }

  /** What is told to metrics. */
  get tally(): IrcTally {
    return this.#gateway.tally;
  }

  /** Takes the port, if there is to be one. Throws a `ListenError`. */
  async listen(): Promise<void> {
    const { configuration, tls: pair, clock, log } = this.#settings;
    const { HOST, IRC_PORT: port } = configuration;
    if (port === undefined) return;
    const host = pair === undefined ? loopbackOf(HOST) : HOST;
    const listener = new IrcListener(this.#gateway, { pair, clock, log });
    try {
      this.port = await listener.listen({ host, port });
    } catch (error) {
      throw error instanceof Error
        ? listenErrorOf(error, { host, port, setting: 'IRC_PORT' })
        : error;
    }
    this.#listener = listener;
  }

  /** Connections over TLS from now on are shown this certificate. */
  renewTls(pair: IrcKeyPair): void {
    this.#listener?.renewTls(pair);
  }

  /** Sends everybody away. */
  async close(): Promise<void> {
    this.#gateway.close();
    await this.#listener?.close();
  }

  async #accountOf(token: string): Promise<IrcAccount | undefined> {
    const { accounts } = this.#settings;
    const principal = await this.#writerOf(token);
    if (principal === undefined) return undefined;
    const { author } = await memberOf(accounts, principal, '');
    return {
      ...{ id: author.id, name: author.name },
      tokenId: principal.kind === 'token' ? principal.tokenId : undefined,
      speakerIn: async ({ ownerId }) => {
        // Each time: a token that was revoked writes nothing more.
        const now = await this.#writerOf(token);
        return now === undefined ? undefined : memberOf(accounts, now, ownerId);
      },
    };
  }

  /** Whose the token is; undefined when it is nobody's, or may not write. */
  async #writerOf(token: string): Promise<Principal | undefined> {
    const principal = await this.#settings.accounts.principalOf({
      authorization: `Bearer ${token}`,
      sessionSecret: undefined,
      isLocal: false,
    });
    const mayWrite = !('refused' in principal) && mayDo(principal, 'chat.post') === 'allowed';
    return mayWrite ? principal : undefined;
  }

  async #placeOf(name: string): Promise<IrcPlace | undefined> {
    if (!NAME.test(name)) return undefined;
    const { channels } = this.#settings;
    const stream =
      channels.onAir(name) ?? (await channels.get(name)) ?? (await this.#streamOfUser(name));
    if (stream === undefined) return undefined;
    const { id: streamId, broadcasterId: ownerId, title, chatEnabled: isOpen } = stream;
    return { streamId, ownerId, title, isOpen };
  }

  /** A broadcaster's stream: the one that is on air, else the one that was last. */
  async #streamOfUser(name: string) {
    const { database, channels } = this.#settings;
    const [found] = await database.query<{ id: string }>(
      `select s.id from streams s join users u on u.id = s.broadcaster_id
       where lower(u.name) = lower($1)
       order by s.status in ('live', 'reconnecting') desc,
         s.actual_start desc nulls last, s.created_at desc limit 1`,
      [name],
    );
    return found === undefined ? undefined : channels.get(found.id);
  }
}

/** `host`, if it means this machine alone; else what does. */
function loopbackOf(host: string): string {
  const isLoopback =
    host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  return isLoopback ? host : '127.0.0.1';
}
