import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What the process is told. */
export type SwarmOrder =
  | {
      readonly type: 'open';
      readonly port: number;
      readonly path: string;
      readonly sockets: number;
    }
  /** `rate` messages a second of so many `characters`, by the first `senders` sockets in turn. */
  | {
      readonly type: 'speak';
      readonly rate: number;
      readonly senders: number;
      readonly characters: number;
    }
  | { readonly type: 'hush' }
  | { readonly type: 'report' };

/** What it answers to each order. */
export interface SwarmReport {
  /** Sockets that were opened, and those of them that were closed since. */
  readonly up: number;
  readonly lost: number;
  /** Since it was told to speak. */
  readonly sent: number;
  readonly received: number;
  /** Milliseconds from a message's sending to its arrival at a socket, of a sample. */
  readonly delays: readonly number[];
}

/** Many readers of one chat, in a process of their own. */
export class ChatSwarm {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'chat-swarm-process.ts'));
  }

  /** Resolves when it is done; rejects when the process ends. */
  async tell(order: SwarmOrder): Promise<SwarmReport> {
    this.#child.send(order);
    const settled = new AbortController();
    const { signal } = settled;
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('Cannot go on: the process of the sockets has ended');
    });
    try {
      const [report] = await Promise.race([once(this.#child, 'message', { signal }), ended]);
      return report;
    } finally {
      ended.catch(() => undefined);
      settled.abort();
    }
  }

  /** Closes all sockets. */
  close(): void {
    this.#child.kill();
  }
}
