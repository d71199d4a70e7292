/** What can be wrong with a broadcast, as far as its media tells. Pure: looks come in, findings go out. */
import type { HealthCode } from '../../../contract/index.ts';

/** How long no media may come before its owner is told. */
export const SILENT_MS = 5_000;
/** Media is weighed against the time that it took to come over so long. */
export const SPAN_MS = 30_000;
/** An encoder that brings less than this share of real time makes players run dry. */
const LEAST_SPEED = 0.9;

/** Advice that holds until the broadcast ends. Whether a track has stopped is seen from the media. */
const LASTING: readonly HealthCode[] = ['keyframe_interval_too_long', 'frame_rate_too_low'];

/** What one look at a broadcast saw. */
export interface Look {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** Seconds of media so far, of the publisher's own tracks; undefined: it sends none of the kind. */
  readonly videoS: number | undefined;
  readonly audioS: number | undefined;
  /** Qualities that were to be made and are not. */
  readonly missingQualities: readonly string[];
  /** What the packager would tell the encoder's owner, by its code. */
  readonly advice: ReadonlyMap<HealthCode, string>;
}

/** Something that is wrong: what, and a sentence that says how to mend it. */
export type Findings = ReadonlyMap<HealthCode, string>;

/** What the looks of one broadcast tell together; `looks` are at most `SPAN_MS` old, oldest first. */
export function findingsOf(looks: readonly Look[]): Findings {
  const findings = new Map<HealthCode, string>();
  const last = looks.at(-1);
  if (last === undefined) return findings;
  for (const code of LASTING) {
    const detail = last.advice.get(code);
    if (detail !== undefined) findings.set(code, detail);
  }
  if (last.missingQualities.length > 0) {
    const names = last.missingQualities.join(', ');
    const advice =
      'The machine cannot encode them all: shorten LADDER, or give it more processors.';
    findings.set('qualities_missing', `Not made at present: ${names}. ${advice}`);
  }
  const silent = silenceOf(looks, last);
  if (silent !== undefined) findings.set(...silent);
  else slow(looks, last, findings);
  return findings;
}

function silenceOf(looks: readonly Look[], last: Look): [HealthCode, string] | undefined {
  const from = looks.findLast(({ atMs }) => last.atMs - atMs >= SILENT_MS);
  if (from === undefined) return undefined;
  const stands = (before: number | undefined, now: number | undefined): boolean =>
    before !== undefined && before > 0 && now !== undefined && now <= before;
  const [video, audio] = [stands(from.videoS, last.videoS), stands(from.audioS, last.audioS)];
  const forS = Math.round(SILENT_MS / 1000);
  const isAll = (video || last.videoS === undefined) && (audio || last.audioS === undefined);
  if (isAll && (video || audio)) {
    const why = "Check the encoder and its connection's upload.";
    return ['source_silent', `Nothing came for ${forS} s, though the encoder is connected. ${why}`];
  }
  if (video) {
    const detail = `No video came for ${forS} s while audio went on. Check the encoder's video source.`;
    return ['video_stopped', detail];
  }
  if (!audio) return undefined;
  const detail = `No audio came for ${forS} s while video went on. Check the encoder's audio source.`;
  return ['audio_stopped', detail];
}

function slow(looks: readonly Look[], last: Look, findings: Map<HealthCode, string>): void {
  const [first] = looks;
  if (first === undefined || last.atMs - first.atMs < SPAN_MS * 0.9) return;
  const [before, now] = [first.videoS ?? first.audioS, last.videoS ?? last.audioS];
  if (before === undefined || now === undefined || before === 0) return;
  const speed = (now - before) / ((last.atMs - first.atMs) / 1000);
  if (speed >= LEAST_SPEED) return;
  const percent = Math.round(speed * 100);
  findings.set(
    'source_slow',
    `Media comes at ${percent} % of real time, so players run dry. ` +
      "Lower the encoder's bitrate or resolution, or give it a better connection.",
  );
}
