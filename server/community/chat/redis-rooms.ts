/**
 * A room in Redis: a hash with its run and its last number, a stream with its latest entries under
 * their numbers, and the channel on which each server that has readers is told. Every step that
 * gives numbers is one script, so that no two entries get the same.
 *
 * A fence is the number of a server's latest entrance into the room. What the server sent before
 * that, over a connection that it has given up, may still reach Redis; it is turned away.
 */
import type { RedisArgument, RedisLink, RedisScript } from '../../store/shared/index.ts';
import { type SharedEntry, sharedEntry } from './redis-record.ts';

/** Of the stream; as many as a server holds. */
const MOST_ENTRIES = 10_000;
const PAGE_ENTRIES = 500;
/** Merged in one script. */
const BATCH_ENTRIES = 200;
/** A number that no room ends with. */
const NOWHERE = -1;
/** A room that nobody uses is forgotten; the database has it. */
const UNUSED_S = 6 * 3600;
/** Which entries were merged is remembered for servers that come back later. */
const MERGED_S = 3600;

const TELL = `
local function keep(seq, epoch, body)
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${MOST_ENTRIES}, seq .. '-0', 'e', epoch, 'b', body)
end
local function add(seq, epoch, body)
  keep(seq, epoch, body)
  redis.call('PUBLISH', ARGV[1], seq .. ' ' .. epoch .. ' ' .. body)
end
local function used()
  redis.call('EXPIRE', KEYS[1], ${UNUSED_S})
  redis.call('EXPIRE', KEYS[2], ${UNUSED_S})
end
`;
const IS_FENCED = `redis.call('HGET', KEYS[1], ARGV[2]) ~= ARGV[3]`;

/** Channel, fence, entrance, run for when numbers were forgotten, the server's last number. */
const ENTER = `${TELL}
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return false end
local last = redis.call('HGET', KEYS[1], 'last')
if tonumber(last) < tonumber(ARGV[5]) then
  epoch = ARGV[4]
  redis.call('HSET', KEYS[1], 'epoch', epoch)
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
used()
return {epoch, tonumber(last)}`;

/** As for entering, and the server's latest entries: number, run, body. */
const CREATE = `${TELL}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'epoch', ARGV[4], 'last', ARGV[5], ARGV[2], ARGV[3])
for i = 6, #ARGV, 3 do keep(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
used()
return 1`;

/** Channel, fence, entrance, body. */
const PUBLISH = `${TELL}
if ${IS_FENCED} then return false end
local seq = redis.call('HINCRBY', KEYS[1], 'last', 1)
local epoch = redis.call('HGET', KEYS[1], 'epoch')
add(seq, epoch, ARGV[4])
used()
return {epoch, seq}`;

/**
 * Channel, fence, entrance, the last number that the server knows of, and entries: number, run, key,
 * body. They keep their numbers if nobody else has said anything.
 */
const MERGE = `${TELL}
if ${IS_FENCED} then return false end
local keeps = redis.call('HGET', KEYS[1], 'last') == ARGV[4]
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local last = ARGV[4]
for i = 5, #ARGV, 4 do
  local isNew = redis.call('SADD', KEYS[3], ARGV[i + 2]) == 1
  if keeps then
    last = ARGV[i]
    add(last, ARGV[i + 1], ARGV[i + 3])
  elseif isNew then
    add(redis.call('HINCRBY', KEYS[1], 'last', 1), epoch, ARGV[i + 3])
  end
end
if keeps then redis.call('HSET', KEYS[1], 'last', last) end
redis.call('EXPIRE', KEYS[3], ${MERGED_S})
used()
return keeps and 1 or 0`;

/** Who enters which room, for the how-manieth time. */
export interface Entrance {
  readonly streamId: string;
  readonly node: string;
  readonly number: number;
}

/** Where a room is in Redis. */
export interface SharedState {
  readonly epoch: string;
  readonly last: number;
}

/** See the top of the file. Everything rejects as `RedisLink.send` does. */
export class RedisRooms {
  readonly #link: RedisLink;
  readonly #enter: RedisScript;
  readonly #create: RedisScript;
  readonly #publish: RedisScript;
  readonly #merge: RedisScript;

  constructor(link: RedisLink) {
    this.#link = link;
    this.#enter = link.script(ENTER);
    this.#create = link.script(CREATE);
    this.#publish = link.script(PUBLISH);
    this.#merge = link.script(MERGE);
  }

  /** The channel of a room's entries and notices. */
  channel(streamId: string): string {
    return `${this.#link.prefix}chat:${streamId}`;
  }

  /** Fences off what was sent before; undefined: Redis knows no such room. */
  async enter(
    entrance: Entrance,
    newEpoch: string,
    last: number,
  ): Promise<SharedState | undefined> {
    const head = [...this.#head(entrance), newEpoch, last];
    return stateOf(await this.#enter.run(this.#keys(entrance), head));
  }

  /** Makes a room with what this server knows of it; false: somebody else has just done so. */
  async create(
    entrance: Entrance,
    { epoch, last }: SharedState,
    latest: readonly SharedEntry[],
  ): Promise<boolean> {
    const entries = latest.flatMap(({ numbered, body }) => [
      ...[numbered.entry.seq, numbered.epoch, body],
    ]);
    const head = [...this.#head(entrance), epoch, last];
    return (await this.#create.run(this.#keys(entrance), [...head, ...entries])) === 1;
  }

  /** Gives an entry the next number and tells every server; undefined: enter first. */
  async publish(entrance: Entrance, body: string): Promise<SharedState | undefined> {
    const head = this.#head(entrance);
    return stateOf(await this.#publish.run(this.#keys(entrance), [...head, body]));
  }

  /**
   * Adds what was numbered while the server was alone: under the same numbers as long as the last
   * one is still `base`, else behind what others have said. Undefined: enter first.
   */
  async merge(
    entrance: Entrance,
    base: number,
    own: readonly SharedEntry[],
  ): Promise<'kept' | 'renumbered' | undefined> {
    let isKept = own[0]?.numbered.entry.seq === base + 1;
    for (let index = 0; index < own.length; index += BATCH_ENTRIES) {
      const entries: RedisArgument[] = own
        .slice(index, index + BATCH_ENTRIES)
        .flatMap(({ numbered, key, body }) => [...[numbered.entry.seq, numbered.epoch, key, body]]);
      const head = [...this.#head(entrance), isKept ? base + index : NOWHERE];
      const answer = await this.#merge.run(this.#keys(entrance), [...head, ...entries]);
      if (answer === null) return undefined;
      isKept &&= answer === 1;
    }
    return isKept ? 'kept' : 'renumbered';
  }

  /** All entries from number `seq` on that are held. */
  async from(streamId: string, seq: number): Promise<readonly SharedEntry[]> {
    const found: SharedEntry[] = [];
    for (let next = Math.max(0, seq); ; ) {
      const page = await this.#page('XRANGE', streamId, [`${next}-0`, '+', 'COUNT', PAGE_ENTRIES]);
      found.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_ENTRIES) return found;
      next = last.numbered.entry.seq + 1;
    }
  }

  /** The latest entries, oldest first. */
  async latest(streamId: string, limit: number): Promise<readonly SharedEntry[]> {
    return (await this.#page('XREVRANGE', streamId, ['+', '-', 'COUNT', limit])).reverse();
  }

  async #page(
    command: string,
    streamId: string,
    range: readonly RedisArgument[],
  ): Promise<SharedEntry[]> {
    const [, stream = ''] = this.#keys({ streamId });
    const answer = await this.#link.send(command, stream, ...range);
    if (!Array.isArray(answer)) return [];
    return answer.map(([id, [, epoch, , body]]) =>
      sharedEntry(Number.parseInt(id, 10), epoch, body),
    );
  }

  #head({ streamId, node, number }: Entrance): RedisArgument[] {
    return [this.channel(streamId), `fence:${node}`, String(number)];
  }

  #keys({ streamId }: { readonly streamId: string }): readonly string[] {
    // What stands in braces keeps a room's keys together where Redis is divided.
    const room = `${this.#link.prefix}chat:{${streamId}}`;
    return [room, `${room}:entries`, `${room}:merged`];
  }
}

function stateOf(answer: unknown): SharedState | undefined {
  if (!Array.isArray(answer)) return undefined;
  return { epoch: String(answer[0]), last: Number(answer[1]) };
}
