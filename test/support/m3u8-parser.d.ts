/** The part of m3u8-parser's results that tests read; the package brings no types. */
declare module 'm3u8-parser' {
  interface ParsedPart {
    readonly uri: string;
    readonly duration?: number;
    readonly independent?: boolean;
  }

  interface ParsedSegment {
    readonly uri: string;
    readonly duration: number;
    readonly discontinuity?: boolean;
    readonly dateTimeObject?: Date;
    readonly map?: { readonly uri: string };
    readonly parts?: readonly ParsedPart[];
  }

  interface Manifest {
    readonly version?: number;
    readonly targetDuration?: number;
    readonly partTargetDuration?: number;
    readonly mediaSequence?: number;
    readonly discontinuitySequence?: number;
    readonly endList?: boolean;
    readonly segments: readonly ParsedSegment[];
    readonly preloadSegment?: ParsedSegment & { readonly preloadHints?: readonly ParsedPart[] };
    readonly serverControl?: Readonly<Record<string, unknown>>;
    readonly renditionReports?: readonly Readonly<Record<string, unknown>>[];
    readonly playlists?: readonly {
      readonly uri: string;
      readonly attributes: Readonly<Record<string, unknown>>;
    }[];
  }

  class Parser {
    readonly manifest: Manifest;
    push(text: string): void;
    end(): void;
  }
}
