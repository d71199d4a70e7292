import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ChatAuthor } from '../../../contract/index.ts';
import { base32 } from '../../base/index.ts';

const ID_BYTES = 10;
const MAC_BYTES = 15;
const TOKEN = /^(guest_[a-z2-7]{16})\.([a-z2-7]{24})$/;
const ADJECTIVES =
  'amber bold brave bright calm clear clever cosy eager early fair fleet gentle glad golden happy jolly kind lively lucky mellow merry misty nimble proud quick quiet silver sunny swift warm witty';
const ANIMALS =
  'badger beaver bison crane curlew deer dolphin falcon ferret finch fox gecko hare heron ibex jay koala lark lemur lynx magpie marten mole newt otter owl panda puffin raven robin seal wren';

/** A guest, and what it shows to be the same one again. */
export interface Guest {
  readonly author: ChatAuthor;
  readonly token: string;
}

/** Gives guests a name, and knows them again by a token: nothing of them is kept here. */
export class Guests {
  readonly #key: Uint8Array;
  readonly #randomBytes: (size: number) => Uint8Array;
  readonly #adjectives = ADJECTIVES.split(' ');
  readonly #animals = ANIMALS.split(' ');

  /** `key` must be the same on all servers, and after a start. */
  constructor(key: Uint8Array, randomBytes: (size: number) => Uint8Array) {
    this.#key = key;
    this.#randomBytes = randomBytes;
  }

  /** The guest of `token`; a new one without, or when it is not one of ours. */
  of(token: string | undefined): Guest {
    const id = this.#idOf(token ?? '') ?? `guest_${base32(this.#randomBytes(ID_BYTES))}`;
    return {
      author: { id, name: this.#nameOf(id), roles: [] },
      token: `${id}.${this.#macOf(id)}`,
    };
  }

  #idOf(token: string): string | undefined {
    const [, id, mac] = TOKEN.exec(token) ?? [];
    if (id === undefined || mac === undefined) return undefined;
    return timingSafeEqual(Buffer.from(mac), Buffer.from(this.#macOf(id))) ? id : undefined;
  }

  #macOf(id: string): string {
    const mac = createHmac('sha256', this.#key).update(id).digest();
    return base32(mac.subarray(0, MAC_BYTES));
  }

  #nameOf(id: string): string {
    const [first = 0, second = 0, third = 0, fourth = 0] = createHash('sha256').update(id).digest();
    const adjective = this.#adjectives[first % this.#adjectives.length];
    const animal = this.#animals[second % this.#animals.length];
    return `${adjective}-${animal}-${((third << 8) | fourth) % 1000}`;
  }
}
