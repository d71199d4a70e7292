import { Violation } from '../../base/index.ts';
import type { AmfCodec, AmfValue } from './amf.ts';
import {
  callError,
  connectError,
  connectResult,
  type EnhancedCapabilities,
  offersEnhanced,
  onFlashPublish,
  onStatus,
  result,
} from './answer.ts';
import { type RtmpCommand, readCommand, textArgument } from './command.ts';
import type { RtmpEvent } from './event.ts';
import { COMMAND_WINDOW_MS } from './limits.ts';
import type { RtmpMessage } from './message.ts';

/** How far a connection is with publishing. Media may come from `pending` on. */
export type PublishPhase = 'idle' | 'pending' | 'publishing' | 'unpublished';

/** What a desk needs of its session. */
export interface CommandDeskOptions {
  readonly amf: AmfCodec;
  readonly servesApp: (app: string) => boolean;
  readonly enhanced: EnhancedCapabilities | undefined;
  readonly commandsPerWindow: number;
  readonly emit: (event: RtmpEvent) => void;
  /** Sends what goes before the answer to `connect`. */
  readonly greet: () => void;
  readonly send: (values: readonly AmfValue[], messageStreamId: number) => void;
  readonly streamBegin: (messageStreamId: number) => void;
}

/** Answers the commands of one connection (Adobe RTMP 1.0, section 7.2) and keeps its phase. */
export class CommandDesk {
  readonly #options: CommandDeskOptions;
  #app: string | undefined;
  #phase: PublishPhase = 'idle';
  #publishStreamId = 0;
  #lastStreamId = 0;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #commandsInWindow = 0;

  constructor(options: CommandDeskOptions) {
    this.#options = options;
  }

  get phase(): PublishPhase {
    return this.#phase;
  }

  /** The message stream that the last `publish` came on. */
  get publishStreamId(): number {
    return this.#publishStreamId;
  }

  /** False when no `publish` waits for it. */
  acceptPublish(): boolean {
    if (this.#phase !== 'pending') return false;
    this.#phase = 'publishing';
    this.#options.streamBegin(this.#publishStreamId);
    this.#status('NetStream.Publish.Start', 'Publishing.');
    return true;
  }

  /**
   * Answers one command; `end` when the session is over with it.
   *
   * @throws Violation `rtmp_command_*`, or what the AMF codec throws
   */
  receive(message: RtmpMessage, nowMs: number): 'go on' | 'end' {
    this.#count(nowMs);
    const command = readCommand(message, this.#options.amf);
    if (command.name === 'connect') return this.#connect(command);
    if (this.#app === undefined) {
      throw new Violation('rtmp_command_before_connect', 'Cannot run command: not connected yet');
    }
    return this.#run(command, this.#app);
  }

  #count(nowMs: number): void {
    if (nowMs - this.#windowStartMs >= COMMAND_WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#commandsInWindow = 0;
    }
    if (++this.#commandsInWindow > this.#options.commandsPerWindow) {
      throw new Violation(
        'rtmp_command_flood',
        `Cannot run command: more than ${this.#options.commandsPerWindow} within a minute`,
      );
    }
  }

  #connect(command: RtmpCommand): 'go on' | 'end' {
    if (this.#app !== undefined) {
      throw new Violation('rtmp_command_repeated', 'Cannot connect: connected already');
    }
    const { object, transactionId } = command;
    const app = textArgument(command, object.get('app'), 'app');
    this.#options.greet();
    if (!this.#options.servesApp(app)) {
      this.#reply(
        connectError(
          transactionId,
          'No such application on this server: the address ends in /live, and the key has a field of its own.',
        ),
      );
      this.#options.emit({ type: 'refused', reason: 'unknown_app' });
      return 'end';
    }
    this.#app = app;
    const enhanced = offersEnhanced(object);
    this.#options.streamBegin(0);
    this.#reply(connectResult(transactionId, enhanced ? this.#options.enhanced : undefined));
    const tcUrl = textOr(object.get('tcUrl'), '');
    const flashVer = textOr(object.get('flashVer'), '');
    this.#options.emit({ type: 'connect', app, tcUrl, flashVer, enhanced });
    return 'go on';
  }

  #run(command: RtmpCommand, app: string): 'go on' | 'end' {
    const { name, transactionId } = command;
    switch (name) {
      case 'createStream':
        this.#reply(result(transactionId, ++this.#lastStreamId));
        break;
      case 'publish':
        this.#publish(command, app);
        break;
      case 'play':
      case 'play2':
        return this.#refusePlay(command);
      case 'FCPublish':
        this.#reply(result(transactionId));
        this.#reply(onFlashPublish('onFCPublish', 'NetStream.Publish.Start'));
        break;
      case 'FCUnpublish':
        this.#reply(onFlashPublish('onFCUnpublish', 'NetStream.Unpublish.Success'));
        this.#unpublish();
        break;
      case 'deleteStream':
        if (this.#namesPublished(command.args[0])) this.#unpublish();
        break;
      case 'closeStream':
        if (this.#namesPublished(command.messageStreamId)) this.#unpublish();
        break;
      case 'getStreamLength':
        this.#reply(result(transactionId, 0));
        break;
      case 'releaseStream':
      case '_checkbw':
        this.#reply(result(transactionId));
        break;
      case '_result':
      case '_error':
      case 'onStatus':
        break; // answers to what we never ask
      default:
        // Who numbers a call expects an answer (section 7.2.1.2).
        if (transactionId !== 0) this.#reply(callError(transactionId));
    }
    return 'go on';
  }

  #publish(command: RtmpCommand, app: string): void {
    if (this.#phase === 'pending' || this.#phase === 'publishing') {
      throw new Violation('rtmp_command_repeated', 'Cannot publish: publishing already');
    }
    const [name, publishType] = command.args;
    const streamName = textArgument(command, name, 'stream name');
    this.#phase = 'pending';
    this.#publishStreamId = command.messageStreamId;
    const type = textOr(publishType, 'live');
    this.#options.emit({ type: 'publish', app, streamName, publishType: type });
  }

  #refusePlay(command: RtmpCommand): 'end' {
    const description = 'This server takes publishers only; watch over HTTP.';
    const status = onStatus('error', 'NetStream.Play.Failed', description);
    this.#options.send(status, command.messageStreamId);
    this.#options.emit({ type: 'refused', reason: 'play' });
    return 'end';
  }

  /** Encoders name the stream by id, ask for id 0, or leave it out; all mean the one they have. */
  #namesPublished(id: AmfValue): boolean {
    return typeof id !== 'number' || id === 0 || id === this.#publishStreamId;
  }

  #unpublish(): void {
    if (this.#phase !== 'pending' && this.#phase !== 'publishing') return;
    this.#phase = 'unpublished';
    this.#status('NetStream.Unpublish.Success', 'Publishing has ended.');
    this.#options.emit({ type: 'unpublish' });
  }

  #status(code: string, description: string): void {
    this.#options.send(onStatus('status', code, description), this.#publishStreamId);
  }

  #reply(values: readonly AmfValue[]): void {
    this.#options.send(values, 0);
  }
}

function textOr(value: AmfValue, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
