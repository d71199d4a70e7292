import type { AmfMap } from './amf.ts';

/** The kinds of media that RTMP carries. */
export type MediaKind = 'audio' | 'video';

/** What a peer did, in the order in which it did it. */
export type RtmpEvent =
  /** It connected to an application that is served; already answered. */
  | {
      readonly type: 'connect';
      readonly app: string;
      readonly tcUrl: string;
      /** What the encoder says it is, such as `FMLE/3.0 (compatible; FMSc/1.0)`. */
      readonly flashVer: string;
      readonly enhanced: boolean;
    }
  /** It asks to publish: answer with `acceptPublish` or `refusePublish`. */
  | {
      readonly type: 'publish';
      readonly app: string;
      /** As sent, with any query string: it contains the stream key. */
      readonly streamName: string;
      /** `live`, `record` or `append`. */
      readonly publishType: string;
    }
  /** Comes after `publish`, possibly before the answer to it. `payload` is an FLV tag's body. */
  | {
      readonly type: 'media';
      readonly kind: MediaKind;
      /** Unsigned 32 bits; see `TimestampUnwrapper`. */
      readonly timestampMs: number;
      readonly payload: Uint8Array;
    }
  /** The properties of an `onMetaData`. */
  | { readonly type: 'metadata'; readonly timestampMs: number; readonly values: AmfMap }
  /** It ended what it published, or took back its wish to; it may publish again. */
  | { readonly type: 'unpublish' }
  /** It wanted what is not served and was told so: send what is to send, then hang up. */
  | { readonly type: 'refused'; readonly reason: 'unknown_app' | 'play' }
  /** The answer to `sendPing`. */
  | { readonly type: 'pong'; readonly sentMs: number };
