import type { Socket } from 'node:net';
import type { Clock, Log } from '../../base/index.ts';
import type { Answer, DeliveryHandler } from '../../pipeline/origin/index.ts';
import { AnswerWriter, type Writing } from './answer-writer.ts';
import { type DropReason, type Lane, LaneConnection } from './lane-connection.ts';
import type { HttpLimits } from './limits.ts';
import type { PlaylistWitness } from './playlist-witness.ts';
import type { ResponseTally } from './response-tally.ts';

/** What a fast lane needs. */
export interface LaneSettings {
  readonly clock: Clock;
  readonly log: Log;
  readonly handler: DeliveryHandler;
  /** Whether a raw path is one that the handler answers. */
  readonly accepts: (path: string) => boolean;
  readonly limits: HttpLimits;
  readonly responses: ResponseTally;
  /** Told of playlists that are asked for. */
  readonly witness?: PlaylistWitness | undefined;
  /** Takes a socket, and bytes already read from it, that is not for this lane. */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
}

/**
 * Answers plain viewer requests straight from the socket, at two to three times the rate of
 * `node:http`, and gives every other connection away. Times all its connections by `sweep`.
 */
export class FastLane {
  readonly #lane: Lane;
  readonly #settings: LaneSettings;
  readonly #connections = new Set<LaneConnection>();
  readonly #writer: AnswerWriter;
  readonly #drops = new Map<DropReason, number>();
  #nowMs: number;
  #closing = false;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
    this.#nowMs = settings.clock.monotonicMs();
    this.#writer = new AnswerWriter(settings.clock.epochMs());
    this.#lane = this.#shared();
  }

  /** Connections in the lane now. */
  get size(): number {
    return this.#connections.size;
  }

  /** How many connections the lane ended for each reason. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.#drops;
  }

  /** Takes a connection that was just accepted. */
  attach(socket: Socket): void {
    const connection = new LaneConnection(socket, this.#lane);
    this.#connections.add(connection);
    if (this.#closing) connection.close();
  }

  /** Ends what has lasted too long and moves the Date field on. Call it once a second. */
  sweep(): void {
    const { clock } = this.#settings;
    this.#nowMs = clock.monotonicMs();
    this.#writer.dateIs(clock.epochMs());
    for (const connection of this.#connections) connection.sweep();
  }

  /** Ends idle connections now and the others with the answer that is due. */
  close(): void {
    this.#closing = true;
    for (const connection of this.#connections) connection.close();
  }

  /** Ends all connections. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #shared(): Lane {
    const lane = this;
    return {
      ...this.#settings,
      get nowMs(): number {
        return lane.#nowMs;
      },
      get closing(): boolean {
        return lane.#closing;
      },
      forget: (connection) => {
        this.#connections.delete(connection);
      },
      write: (socket: Socket, answer: Answer, writing: Writing) => {
        this.#settings.responses.count('delivery', answer.status);
        return this.#writer.write(socket, answer, writing);
      },
      begin: (socket, answer, persistence) => {
        this.#settings.responses.count('delivery', answer.status);
        return this.#writer.begin(socket, answer, persistence);
      },
      writer: this.#writer,
      dropped: (reason) => {
        this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
        this.#settings.log.debug({ reason }, 'viewer connection dropped');
      },
    };
  }
}
